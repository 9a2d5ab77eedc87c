// The go-openai package of sashabaranov, which neither retries nor streams pictures.
package main

import (
	"context"
	"errors"
	"net/http"
	"os"

	openai "github.com/sashabaranov/go-openai"

	"clients/conversation"
)

// withHeaders adds a task's headers, for which the package has no option.
type withHeaders map[string]string

func (headers withHeaders) RoundTrip(request *http.Request) (*http.Response, error) {
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	return http.DefaultTransport.RoundTrip(request)
}

func main() {
	baseURL, key := conversation.Gateway()
	conversation.Converse(func(task conversation.Task) (conversation.Outcome, error) {
		config := openai.DefaultConfig(key)
		config.BaseURL = baseURL
		config.HTTPClient = &http.Client{Timeout: task.Timeout(), Transport: withHeaders(task.Headers)}
		answer, err := answerTo(openai.NewClientWithConfig(config), task)
		if err != nil {
			return conversation.Outcome{}, err
		}
		images := make([]string, 0, len(answer.Data))
		for _, picture := range answer.Data {
			images = append(images, picture.B64JSON)
		}
		return conversation.Outcome{Images: images}, nil
	}, func(err error) conversation.Failure {
		var refused *openai.APIError
		if errors.As(err, &refused) {
			return conversation.Failure{Status: refused.HTTPStatusCode, Message: refused.Message}
		}
		return conversation.Failure{Message: err.Error()}
	})
}

func answerTo(client *openai.Client, task conversation.Task) (openai.ImageResponse, error) {
	ctx := context.Background()
	if task.Call != "edit" {
		return client.CreateImage(ctx, openai.ImageRequest{
			Model:          task.Model,
			Prompt:         task.Prompt,
			Size:           task.Text("size"),
			Quality:        task.Text("quality"),
			ResponseFormat: task.Text("response_format"),
		})
	}
	image, err := os.Open(task.Image)
	if err != nil {
		return openai.ImageResponse{}, err
	}
	defer image.Close()
	return client.CreateEditImage(ctx, openai.ImageEditRequest{
		Model:   task.Model,
		Prompt:  task.Prompt,
		Image:   image,
		N:       1, // it writes 0 otherwise
		Quality: task.Text("quality"),
	})
}
