//! Responses of the operations and events of streams.

use std::{collections::BTreeMap, time::Duration};

use coze_emulator::{Definition, Dialect, Emulator, EmulatorService, Limits};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::{Response, Sse, events, get, pass, post, send};

const RUN: &str = "/v1/workflow/run";
const STREAM: &str = "/v1/workflow/stream_run";

const WORKFLOWS: [&str; 8] = [
    "id: \"76\"\nname: own\ninputs: { a: { type: integer } }\nend: { variables: { answer: 42, output: sunny } }",
    "name: sunny\nusage: { input: 60, output: 38 }\nend: { variables: { output: sunny } }",
    "name: tell\nnodes: [ { output: { id: o, title: Report, content: Hello to all of you } } ]\nend: { variables: { answer: 42, output: Hello } }",
    "name: ask\nnodes: [ { question: { id: q, title: Ask, text: Where?, extract: { city: { type: string, required: true } } } } ]\nend: { variables: { output: x } }",
    "name: form\nnodes: [ { input_form: { id: f, fields: { img: { type: image, required: true } } } }, { input_form: { id: g, fields: { img: { type: image, required: true } } } } ]\nend: { variables: { output: x } }",
    "name: count\nmode: chatflow\ninputs: { n: { type: number, default: 1 }, USER_INPUT: { type: string }, CONVERSATION_NAME: { type: string, default: \"\" } }\nend: { text: \"n is {{n}}\", types: { n: number } }",
    "name: apps\napp_id: \"7439\"\nmode: chatflow\nend: { text: x }",
    "id: \"77\"\nname: broken\nmode: chatflow\nnodes: [ { fail: { id: f, message: no } } ]\nend: { text: x }",
];

fn emulator(dialect: Dialect, limits: Limits) -> EmulatorService {
    let builder = Emulator::builder().dialect(dialect).limits(limits);
    WORKFLOWS
        .iter()
        .fold(builder, |builder, yaml| {
            builder.workflow(Definition::from_yaml(yaml).unwrap())
        })
        .build()
        .unwrap()
        .service()
}

/// Responses by the name of the example.
pub(crate) async fn all() -> BTreeMap<String, Value> {
    let service = emulator(Dialect::Cloud, Limits::default());
    let mut responses = BTreeMap::new();
    for group in [
        runs(&service).await,
        self_hosted().await,
        stream_events(&service).await,
        chat_events(&service).await,
        catalog(&service).await,
    ] {
        responses.extend(
            group
                .into_iter()
                .map(|(name, response)| (name.to_owned(), response)),
        );
    }
    responses
}

type Responses = Vec<(&'static str, Value)>;

async fn started(service: &EmulatorService, workflow: &str) -> Value {
    post(service, RUN, json!({"workflow_id": workflow}))
        .await
        .json()
}

async fn answered(service: &EmulatorService, workflow: &str, asked: &Value, data: &str) -> Value {
    let interrupt = &asked["interrupt_data"];
    let body = json!({"workflow_id": workflow, "event_id": interrupt["event_id"],
                      "interrupt_type": interrupt["type"], "resume_data": data});
    post(service, "/v1/workflows/resume", body).await.json()
}

async fn runs(service: &EmulatorService) -> Responses {
    let finished = started(service, "sunny").await;
    let older = with_fault(service, RUN, json!({"workflow_id": "sunny"}), "older").await;
    let older = older.json();
    let body = json!({"workflow_id": "tell", "is_async": true});
    let background = post(service, RUN, body.clone()).await.json();
    pass(1).await;
    let row = |response: &Value| {
        let id = response["execute_id"].as_str().unwrap();
        format!("/v1/workflows/tell/run_histories/{id}")
    };
    let history = get(service, &row(&background)).await.json();
    let uuid = &history["data"][0]["node_execute_status"]["Report"]["node_execute_uuid"];
    let node = format!(
        "{}/execute_nodes/{}",
        row(&background),
        uuid.as_str().unwrap()
    );
    let asked = started(service, "ask").await;
    let form = started(service, "form").await;
    let again = answered(
        service,
        "form",
        &form,
        "{\"img\":\"https://example.com/a\"}",
    )
    .await;
    let resumed = answered(service, "ask", &asked, "Lyon").await;
    let mut limits = Limits::default();
    limits.history_visible = Duration::from_secs(5);
    let late = emulator(Dialect::Cloud, limits);
    let hidden = post(&late, RUN, body).await.json();
    let refused = post(service, RUN, json!({})).await.json();
    vec![
        ("workflow/run Response finished", finished),
        ("workflow/run Response older", older),
        ("workflow/run Response background", background),
        ("workflow/run Response interrupted", asked.clone()),
        (
            "shared Object Interrupt question",
            asked["interrupt_data"].clone(),
        ),
        ("workflow/run Response refused", refused),
        ("workflow/resume Response finished", resumed),
        ("workflow/resume Response interrupted again", again),
        ("workflow/run-history Response success", history),
        (
            "workflow/run-history Response not visible yet",
            get(&late, &row(&hidden)).await.json(),
        ),
        (
            "workflow/node-output Response part",
            get(service, &node).await.json(),
        ),
    ]
}

async fn self_hosted() -> Responses {
    let service = emulator(Dialect::Studio, Limits::default());
    let id = |response: &Value| response["execute_id"].as_str().unwrap().to_owned();
    // This server knows workflows by number only.
    let workflow = "76";
    let body = json!({"workflow_id": workflow, "parameters": {"a": 1}});
    let run = post(&service, RUN, body).await.json();
    let path = format!(
        "/v1/workflow/get_run_history?workflow_id={workflow}&execute_id={}",
        id(&run)
    );
    let history = get(&service, &path).await.json();
    let message = json!([{"role": "user", "content": "hi", "content_type": "text"}]);
    let named = json!({"CONVERSATION_NAME": "trip"});
    let chat = json!({"workflow_id": "77", "parameters": named, "additional_messages": message});
    let failed = post(&service, "/v1/workflows/chat", chat).await.text();
    vec![
        ("files/upload Response self-hosted", upload(&service).await),
        (
            "workflow/chat-events Event error self-hosted",
            first(&events(&failed), "error"),
        ),
        ("workflow/run Response self-hosted", run),
        ("workflow/run-history Response self-hosted", history),
    ]
}

async fn faulty(service: &EmulatorService, path: &str, body: Value, fault: &str) -> Vec<Sse> {
    events(&with_fault(service, path, body, fault).await.text())
}

async fn with_fault(service: &EmulatorService, path: &str, body: Value, fault: &str) -> Response {
    let request = Request::post(format!("http://coze.test{path}"))
        .header("authorization", "Bearer t")
        .header("x-emulator-fault", fault)
        .body(Full::new(body.to_string().into()))
        .unwrap();
    send(service, request).await
}

/// The data of the first event of a name.
fn first(events: &[Sse], name: &str) -> Value {
    let event = events.iter().find(|event| event.event == name);
    event
        .unwrap_or_else(|| panic!("no {name} in {events:?}"))
        .json()
}

async fn stream_events(service: &EmulatorService) -> Responses {
    let stream = |workflow: &'static str, fault: &'static str| {
        faulty(
            service,
            STREAM,
            json!({"workflow_id": workflow, "parameters": {}}),
            fault,
        )
    };
    let told = stream("tell", "delay=0").await;
    let asked = stream("ask", "delay=0").await;
    let plain = stream("tell", "error-event=0").await;
    let older = stream("tell", "older").await;
    let failing = emulator_of(
        "name: f\nnodes: [ { delay: { id: d, milliseconds: 11000 } }, { fail: { id: f, message: no } } ]\nend: { text: x }",
    );
    let failed = faulty(&failing, STREAM, json!({"workflow_id": "f"}), "delay=0").await;
    let end = told.iter().rev().find(|event| event.event == "Message");
    vec![
        (
            "workflow/stream-events Event Message piece",
            first(&told, "Message"),
        ),
        (
            "workflow/stream-events Event Message end node",
            end.unwrap().json(),
        ),
        (
            "workflow/stream-events Event Done with its page",
            first(&told, "Done"),
        ),
        (
            "workflow/stream-events Event Done empty",
            first(&older, "Done"),
        ),
        (
            "workflow/stream-events Event Error refused",
            first(&failed, "Error"),
        ),
        (
            "workflow/stream-events Event PING alive",
            first(&failed, "PING"),
        ),
        (
            "workflow/stream-events Event Interrupt question",
            first(&asked, "Interrupt"),
        ),
        (
            "workflow/stream-events Event Error plain text",
            plain[0].data.as_str().into(),
        ),
    ]
}

fn emulator_of(yaml: &str) -> EmulatorService {
    crate::support::with(yaml)
}

async fn chat_events(service: &EmulatorService) -> Responses {
    let chat = |workflow: &'static str, fault: &'static str| {
        let message = json!([{"role": "user", "content": "hi", "content_type": "text"}]);
        let body = json!({"workflow_id": workflow, "app_id": "7", "parameters": {}, "additional_messages": message});
        faulty(service, "/v1/workflows/chat", body, fault)
    };
    let said = chat("count", "delay=0").await;
    let failed = chat("broken", "delay=0").await;
    let plain = chat("count", "error-event=0").await;
    let older = chat("count", "older").await;
    let message = json!([{"role": "user", "content": "hi", "content_type": "text"}]);
    let unknown = json!({"workflow_id": "apps", "parameters": {"CONVERSATION_NAME": "trip"}, "additional_messages": message});
    let unknown = faulty(service, "/v1/workflows/chat", unknown, "delay=0").await;
    vec![
        (
            "workflow/chat-events Event conversation.chat.created usual",
            first(&said, "conversation.chat.created"),
        ),
        (
            "workflow/chat-events Event conversation.message.delta piece",
            first(&said, "conversation.message.delta"),
        ),
        (
            "workflow/chat-events Event conversation.chat.failed with a chat",
            first(&failed, "conversation.chat.failed"),
        ),
        (
            "workflow/chat-events Event conversation.chat.failed without a chat",
            unknown[0].json(),
        ),
        (
            "workflow/chat-events Event done word",
            older.last().unwrap().data.as_str().into(),
        ),
        (
            "workflow/chat-events Event done with page",
            first(&said, "done"),
        ),
        (
            "workflow/chat-events Event error plain text",
            plain[0].data.as_str().into(),
        ),
    ]
}

async fn upload(service: &EmulatorService) -> Value {
    let form = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--b--\r\n";
    let request = Request::post("http://coze.test/v1/files/upload")
        .header("authorization", "Bearer t")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Full::new(form.into()))
        .unwrap();
    send(service, request).await.json()
}

async fn catalog(service: &EmulatorService) -> Responses {
    let mode = json!({"collaboration_mode": "collaboration"});
    let uploaded = upload(service).await;
    let file = format!(
        "/v1/files/retrieve?file_id={}",
        uploaded["data"]["id"].as_str().unwrap()
    );
    let conversation =
        json!({"bot_id": "1", "name": "travel plans", "meta_data": {"uuid": "newid1234"}});
    let remove = Request::delete("http://coze.test/v1/workflows/tell/collaborators/4114")
        .header("authorization", "Bearer t")
        .body(Full::default())
        .unwrap();
    let user = json!({"collaborators": [{"user_id": "4114"}]});
    vec![
        ("files/upload Response stored", uploaded),
        (
            "files/retrieve Response found",
            get(service, &file).await.json(),
        ),
        (
            "conversation/create Response made",
            post(service, "/v1/conversation/create", conversation)
                .await
                .json(),
        ),
        (
            "workspace/list Response one",
            get(service, "/v1/workspaces").await.json(),
        ),
        (
            "workflow/list Response one of more",
            get(
                service,
                "/v1/workflows?workspace_id=7&page_num=1&page_size=2",
            )
            .await
            .json(),
        ),
        (
            "workflow/info Response with shapes",
            get(service, "/v1/workflows/count?include_input_output=true")
                .await
                .json(),
        ),
        (
            "workflow/versions Response one version",
            get(service, "/v1/workflows/tell/versions").await.json(),
        ),
        (
            "workflow/collaboration-mode Response done",
            post(service, "/v1/workflows/tell/collaboration_mode", mode)
                .await
                .json(),
        ),
        (
            "workflow/add-collaborators Response done",
            post(service, "/v1/workflows/tell/collaborators", user)
                .await
                .json(),
        ),
        (
            "workflow/remove-collaborator Response done",
            send(service, remove).await.json(),
        ),
    ]
}
