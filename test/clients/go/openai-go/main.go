// The openai-go package, version 3.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"clients/conversation"
)

type options = []option.RequestOption

func main() {
	baseURL, key := conversation.Gateway()
	client := openai.NewClient(option.WithBaseURL(baseURL), option.WithAPIKey(key))
	conversation.Converse(func(task conversation.Task) (conversation.Outcome, error) {
		if task.Call == "stream" {
			return stream(client, task, optionsOf(task))
		}
		answer, err := answerTo(client, task, optionsOf(task))
		if err != nil {
			return conversation.Outcome{}, err
		}
		images := make([]string, 0, len(answer.Data))
		for _, picture := range answer.Data {
			images = append(images, picture.B64JSON)
		}
		return conversation.Outcome{Images: images}, nil
	}, func(err error) conversation.Failure {
		var refused *openai.Error
		if errors.As(err, &refused) { // whose Error() has nothing but the status
			return conversation.Failure{Status: refused.StatusCode, Message: refused.Message}
		}
		return conversation.Failure{Message: err.Error()}
	})
}

func optionsOf(task conversation.Task) options {
	chosen := options{}
	for name, value := range task.Headers {
		chosen = append(chosen, option.WithHeader(name, value))
	}
	if task.TimeoutMs > 0 {
		chosen = append(chosen, option.WithRequestTimeout(task.Timeout()))
	}
	if task.Retries > 0 {
		chosen = append(chosen, option.WithMaxRetries(task.Retries))
	}
	return chosen
}

func generation(task conversation.Task) openai.ImageGenerateParams {
	return openai.ImageGenerateParams{
		Model:          task.Model,
		Prompt:         task.Prompt,
		Size:           openai.ImageGenerateParamsSize(task.Text("size")),
		Quality:        openai.ImageGenerateParamsQuality(task.Text("quality")),
		ResponseFormat: openai.ImageGenerateParamsResponseFormat(task.Text("response_format")),
	}
}

func answerTo(client openai.Client, task conversation.Task, chosen options) (*openai.ImagesResponse, error) {
	ctx := context.Background()
	if task.Call != "edit" {
		return client.Images.Generate(ctx, generation(task), chosen...)
	}
	image, err := os.Open(task.Image)
	if err != nil {
		return nil, err
	}
	defer image.Close()
	return client.Images.Edit(ctx, openai.ImageEditParams{
		Model:   task.Model,
		Prompt:  task.Prompt,
		Image:   openai.ImageEditParamsImageUnion{OfFile: image},
		Size:    openai.ImageEditParamsSize(task.Text("size")),
		Quality: openai.ImageEditParamsQuality(task.Text("quality")),
	}, chosen...)
}

func stream(client openai.Client, task conversation.Task, chosen options) (conversation.Outcome, error) {
	parameters := generation(task)
	parameters.PartialImages = openai.Int(1)
	events := client.Images.GenerateStreaming(context.Background(), parameters, chosen...)
	outcome := conversation.Outcome{}
	for events.Next() {
		switch event := events.Current().AsAny().(type) {
		case openai.ImageGenPartialImageEvent:
			outcome.Partials++
		case openai.ImageGenCompletedEvent:
			outcome.Images = append(outcome.Images, event.B64JSON)
		}
	}
	return outcome, events.Err()
}
