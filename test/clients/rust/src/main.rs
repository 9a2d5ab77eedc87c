//! The async-openai package, spoken to as the other drivers are: a task a line on standard input, an outcome a line on
//! standard output.

use std::{env, io, time::Duration};

use async_openai::{
    config::OpenAIConfig,
    error::OpenAIError,
    types::images::{
        CreateImageEditRequest, CreateImageEditRequestArgs, CreateImageRequest, CreateImageRequestArgs, Image,
        ImageGenStreamEvent, ImageModel, ImageQuality, ImageResponseFormat, ImageSize, ImagesResponse,
    },
    Client,
};
use futures::StreamExt;
use serde_json::{from_value, json, Value};

type Outcome = Result<Value, OpenAIError>;

#[tokio::main]
async fn main() {
    for line in io::stdin().lines() {
        let task: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let outcome = match timed(&task).await {
            Ok(outcome) => outcome,
            Err(error) => json!({ "error": { "message": error.to_string(), "status": status_of(&error) } }),
        };
        println!("outcome {outcome}");
    }
}

/// A task with a time limit is dropped when that is over: the package has none of its own.
async fn timed(task: &Value) -> Outcome {
    match task["timeoutMs"].as_u64() {
        None => perform(task).await,
        Some(limit) => match tokio::time::timeout(Duration::from_millis(limit), perform(task)).await {
            Ok(outcome) => outcome,
            Err(_) => Ok(json!({ "error": { "message": "the time is over" } })),
        },
    }
}

async fn perform(task: &Value) -> Outcome {
    let client = client_for(task)?;
    match task["call"].as_str() {
        Some("edit") => pictures(client.images().edit(edit_of(task)).await?),
        Some("stream") => stream(&client, generation_of(task)).await,
        _ => pictures(client.images().generate(generation_of(task)).await?),
    }
}

fn client_for(task: &Value) -> Result<Client<OpenAIConfig>, OpenAIError> {
    let variable = |name| env::var(name).unwrap();
    let mut config = OpenAIConfig::new()
        .with_api_base(variable("BASE_URL"))
        .with_api_key(variable("API_KEY"));
    if let Some(key) = task["headers"]["Idempotency-Key"].as_str() {
        config = config.with_header("Idempotency-Key", key)?;
    }
    Ok(Client::with_config(config))
}

fn generation_of(task: &Value) -> CreateImageRequest {
    let fields = &task["fields"];
    let mut request = CreateImageRequestArgs::default();
    request
        .model(ImageModel::Other(text(&task["model"])))
        .prompt(text(&task["prompt"]))
        .size(from_value::<ImageSize>(fields["size"].clone()).unwrap_or_default());
    if let Ok(quality) = from_value::<ImageQuality>(fields["quality"].clone()) {
        request.quality(quality);
    }
    if let Ok(format) = from_value::<ImageResponseFormat>(fields["response_format"].clone()) {
        request.response_format(format);
    }
    request.build().unwrap()
}

/// With `output_compression`, which the package writes twice.
fn edit_of(task: &Value) -> CreateImageEditRequest {
    CreateImageEditRequestArgs::default()
        .model(ImageModel::Other(text(&task["model"])))
        .prompt(text(&task["prompt"]))
        .image(task["image"].as_str().unwrap())
        .output_compression(100_u8)
        .build()
        .unwrap()
}

async fn stream(client: &Client<OpenAIConfig>, mut request: CreateImageRequest) -> Outcome {
    request.partial_images = Some(1);
    let mut events = client.images().generate_stream(request).await?;
    let (mut images, mut partials) = (Vec::new(), 0);
    while let Some(event) = events.next().await {
        match event? {
            ImageGenStreamEvent::PartialImage(_) => partials += 1,
            ImageGenStreamEvent::Completed(event) => images.push(event.b64_json),
        }
    }
    Ok(json!({ "images": images, "partials": partials }))
}

fn pictures(answer: ImagesResponse) -> Outcome {
    let base64 = answer.data.iter().map(|picture| match picture.as_ref() {
        Image::B64Json { b64_json, .. } => b64_json.to_string(),
        Image::Url { url, .. } => url.clone(),
    });
    Ok(json!({ "images": base64.collect::<Vec<_>>() }))
}

fn status_of(error: &OpenAIError) -> Option<u16> {
    match error {
        OpenAIError::ApiError(refused) => Some(refused.status_code.as_u16()),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
