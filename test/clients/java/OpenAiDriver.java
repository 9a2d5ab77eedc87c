import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.images.ImageEditParams;
import com.openai.models.images.ImageGenStreamEvent;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.images.ImagesResponse;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The openai-java package, spoken to as the other drivers are: a task a line on standard input, an outcome a line on
 * standard output.
 */
public final class OpenAiDriver {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println("outcome " + JSON.writeValueAsString(outcomeOf(JSON.readTree(line))));
        }
        System.exit(0);
    }

    private static Map<String, Object> outcomeOf(JsonNode task) {
        try {
            return perform(clientFor(task), task);
        } catch (OpenAIServiceException refused) {
            return Map.of("error", Map.of("status", refused.statusCode(), "message", refused.getMessage()));
        } catch (RuntimeException failed) {
            return Map.of("error", Map.of("message", String.valueOf(failed)));
        }
    }

    private static OpenAIClient clientFor(JsonNode task) {
        OpenAIOkHttpClient.Builder client =
                OpenAIOkHttpClient.builder().baseUrl(System.getenv("BASE_URL")).apiKey(System.getenv("API_KEY"));
        if (task.has("timeoutMs")) client.timeout(Duration.ofMillis(task.get("timeoutMs").asLong()));
        if (task.has("retries")) client.maxRetries(task.get("retries").asInt());
        return client.build();
    }

    private static Map<String, Object> perform(OpenAIClient client, JsonNode task) {
        String call = task.get("call").asText();
        if (call.equals("edit")) return picturesOf(client.images().edit(editOf(task)));
        if (call.equals("stream")) return stream(client, generationOf(task).partialImages(1).build());
        return picturesOf(client.images().generate(generationOf(task).build()));
    }

    private static ImageGenerateParams.Builder generationOf(JsonNode task) {
        ImageGenerateParams.Builder order = ImageGenerateParams.builder();
        order.model(task.get("model").asText()).prompt(task.get("prompt").asText());
        task.path("headers").fields().forEachRemaining(
                (header) -> order.putAdditionalHeader(header.getKey(), header.getValue().asText()));
        task.path("fields").fields().forEachRemaining(
                (field) -> order.putAdditionalBodyProperty(field.getKey(), JsonValue.from(field.getValue().asText())));
        return order;
    }

    private static ImageEditParams editOf(JsonNode task) {
        return ImageEditParams.builder()
                .model(task.get("model").asText())
                .prompt(task.get("prompt").asText())
                .image(Path.of(task.get("image").asText()))
                .size(task.get("fields").get("size").asText())
                .quality(ImageEditParams.Quality.of(task.get("fields").get("quality").asText()))
                .build();
    }

    private static Map<String, Object> stream(OpenAIClient client, ImageGenerateParams order) {
        Map<String, Object> outcome = new HashMap<>(Map.of("partials", 0));
        List<String> images = new ArrayList<>();
        try (var events = client.images().generateStreaming(order)) {
            events.stream().forEach((ImageGenStreamEvent event) -> {
                if (event.isGenerationPartialImage()) outcome.merge("partials", 1, (a, b) -> (int) a + (int) b);
                if (event.isGenerationCompleted()) images.add(event.asGenerationCompleted().b64Json());
            });
        }
        outcome.put("images", images);
        return outcome;
    }

    private static Map<String, Object> picturesOf(ImagesResponse answer) {
        List<String> images = new ArrayList<>();
        answer.data().orElse(List.of()).forEach((picture) -> picture.b64Json().ifPresent(images::add));
        return Map.of("images", images);
    }
}
