//! Nodes that play something outside: models, servers and programs, with results by input or by the number of the call.

mod support;

use coze_emulator::{Definition, Emulator, EmulatorService};
use serde_json::{Value, json};
use support::{get, post, stream, with};
use tokio::time::Instant;

async fn run(service: &EmulatorService, workflow: &str, parameters: Value) -> Value {
    let body = json!({"workflow_id": workflow, "parameters": parameters});
    post(service, "/v1/workflow/run", body).await.json()
}

fn output(response: &Value) -> Value {
    let data = response["data"].as_str();
    serde_json::from_str(data.unwrap_or_else(|| panic!("{response}"))).unwrap()
}

const MODEL: &str = r#"
name: m
inputs: { topic: { type: string } }
nodes:
  - llm:
      id: writer
      model: large
      system: Be brief.
      prompt: "About {{ topic }}"
      cases:
        - { when: "call <= 2", fail: { code: 4009, message: "{{ request.model }} is busy" } }
        - { when: "'rain' in request.prompt", returns: "It rains." }
        - { when: "topic == 'json'", returns: { title: T, n: "{{ 1 + 1 }}" } }
      returns: "{{ request.system }} {{ topic }} it is."
end: { variables: { said: "{{ writer }}" } }
"#;

#[tokio::test]
async fn a_model_replies_by_call_number_and_by_prompt() {
    let service = with(MODEL);
    for _ in 0..2 {
        let refused = run(&service, "m", json!({"topic": "sun"})).await;
        assert_eq!(
            (&refused["code"], &refused["msg"]),
            (&json!(4009), &json!("large is busy"))
        );
    }
    for (topic, said) in [
        ("sun", json!({"output": "Be brief. sun it is."})),
        ("rain", json!({"output": "It rains."})),
        ("json", json!({"title": "T", "n": 2})),
    ] {
        let response = run(&service, "m", json!({"topic": topic})).await;
        assert_eq!(output(&response), json!({"said": said}));
    }
    // Another emulator counts for itself.
    let refused = run(&with(MODEL), "m", json!({"topic": "sun"})).await;
    assert_eq!(refused["code"], 4009);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_for_each_run_and_set_the_pace() {
    let yaml = r#"
name: t
usage: { input: 100 }
inputs: { n: { type: integer } }
nodes:
  - loop:
      id: l
      over: "{{ n }}"
      nodes:
        - llm: { id: a, prompt: "12345678", returns: "123456789", latency: 1000, pace: 100 }
  - llm: { id: b, prompt: x, returns: y, tokens: { input: 7, output: 5 } }
end: { text: done }
"#;
    let service = with(yaml);
    for n in [0, 2] {
        let began = Instant::now();
        let response = run(&service, "t", json!({"n": n})).await;
        assert_eq!(
            response["usage"],
            json!({"input_count": 107 + 2 * n, "output_count": 5 + 3 * n, "token_count": 112 + 5 * n})
        );
        assert_eq!(began.elapsed().as_millis(), n * 1300);
    }
}

#[tokio::test]
async fn a_server_responds_to_what_matches() {
    let yaml = r#"
name: h
inputs: { id: { type: integer } }
nodes:
  - http:
      id: user
      method: POST
      url: "https://example.com/users/{{ id }}"
      headers: { authorization: "Bearer {{ id }}" }
      body: { id: "{{ id }}" }
      cases:
        - when: "request.method == 'POST' and request.url is endingwith '/7'"
          returns: { body: { name: Ada, asked: "{{ request.body.id }}" } }
        - when: "request.headers.authorization == 'Bearer 8'"
          returns: { status: 429, headers: { retry-after: "3" } }
end: { variables: { got: "{{ user }}" } }
"#;
    let service = with(yaml);
    let of = async |id: u32| run(&service, "h", json!({"id": id})).await;
    assert_eq!(
        output(&of(7).await)["got"],
        json!({"status": 200, "headers": {}, "body": {"name": "Ada", "asked": 7}})
    );
    assert_eq!(
        output(&of(8).await)["got"],
        json!({"status": 429, "headers": {"retry-after": "3"}, "body": null})
    );
    let unmatched = of(9).await;
    assert_eq!(
        unmatched["msg"],
        "emulator: line 5, column 5: node 'user': no case fits, and there is no 'returns'"
    );
}

#[tokio::test]
async fn code_sees_only_its_inputs() {
    let yaml = |template: &str| {
        format!(
            "name: c\ninputs: {{ a: {{ type: integer }} }}\nnodes:\n\
            \x20 - code: {{ id: c, inputs: {{ n: \"{{{{ a }}}}\" }}, returns: {{ sum: \"{{{{ {template} }}}}\", call: \"{{{{ call }}}}\" }} }}\n\
            end: {{ variables: {{ v: \"{{{{ c.sum }}}}\", call: \"{{{{ c.call }}}}\" }} }}"
        )
    };
    let response = run(&with(&yaml("n + 1")), "c", json!({"a": 2})).await;
    assert_eq!(output(&response), json!({"v": 3, "call": 1}));
    let error = Definition::from_yaml(&yaml("a + 1")).unwrap_err();
    assert!(error.to_string().contains("'a' is neither"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_fails_is_run_again_and_then_gives_way() {
    let yaml = |times: u32| {
        format!(
            r#"
name: r
nodes:
  - fail: {{ id: flaky, when: "call <= 2", code: 4009, message: "busy {{{{ attempt }}}}", retry: {{ times: {times}, wait: 500 }} }}
end: {{ text: done }}
"#
        )
    };
    let began = Instant::now();
    let response = run(&with(&yaml(2)), "r", json!({})).await;
    assert_eq!(response["code"], 0);
    assert_eq!(began.elapsed().as_millis(), 1000);
    let service = with(&yaml(1));
    let response = run(&service, "r", json!({})).await;
    assert_eq!(
        (&response["code"], &response["msg"]),
        (&json!(4009), &json!("busy 2"))
    );
    // Two calls were made: the next run works.
    assert_eq!(run(&service, "r", json!({})).await["code"], 0);

    let yaml = r#"
name: e
nodes:
  - fail:
      id: f
      code: 7
      message: no
      on_error:
        nodes: [ { text: { id: t, template: "{{ error.code }} {{ error.message }}" } } ]
        output: { said: "{{ t.output }}" }
end: { text: "{{ f.said }}" }
"#;
    let response = run(&with(yaml), "e", json!({})).await;
    assert_eq!(output(&response)["data"], "7 no");
    // A mistake of the definition is not hidden by it.
    let wrong = "name: e\ninputs: { o: { type: object } }\nnodes: [ { text: { id: t, template: \"{{ o.a.b }}\", retry: { times: 9, wait: 9000 }, on_error: { output: 1 } } } ]\nend: { text: x }";
    let response = run(&with(wrong), "e", json!({"o": {}})).await;
    assert!(
        response["msg"].as_str().unwrap().starts_with("emulator: "),
        "{response}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_streams_at_its_pace() {
    let yaml = "name: p\nend: { text: abcdefg, streaming: true, piece: 3, pause: 200 }";
    let began = Instant::now();
    let events = stream(
        &with(yaml),
        "/v1/workflow/stream_run",
        json!({"workflow_id": "p"}),
    )
    .await;
    assert_eq!(began.elapsed().as_millis(), 600);
    let pieces: Vec<_> = events[..3]
        .iter()
        .map(|event| event.json()["content"].clone())
        .collect();
    assert_eq!(pieces, ["abc", "def", "g"]);
}

#[tokio::test]
async fn files_of_a_definition_can_be_fetched() {
    let dir = std::env::temp_dir().join(format!("coze-fixtures-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("a.json"), "{}").unwrap();
    let file = dir.join("w.yaml");
    let yaml = "name: w\nfiles: { a: { path: a.json }, b: { text: hi } }\nend: { variables: { a: \"{{ files.a }}\", b: \"{{ files.b }}\" } }";
    std::fs::write(&file, yaml).unwrap();
    let service = Emulator::builder()
        .workflow(Definition::from_file(&file).unwrap())
        .build()
        .unwrap()
        .service();
    let urls = output(&run(&service, "w", json!({})).await);
    for (name, kind, content) in [
        ("a", "application/json", "{}"),
        ("b", "text/plain; charset=utf-8", "hi"),
    ] {
        let url = urls[name].as_str().unwrap();
        let path = url.strip_prefix("http://coze.test").unwrap();
        let response = get(&service, path).await;
        assert_eq!(response.headers["content-type"], kind);
        assert_eq!(response.text(), content);
        assert_eq!(get(&service, &format!("{path}x")).await.status, 404);
    }
    for (source, message) in [
        ("{ path: none.txt }", "cannot be read"),
        ("{ path: ../a.json }", "not below"),
        ("{ path: /etc/hostname }", "not below"),
        ("{ }", "exactly one"),
    ] {
        std::fs::write(&file, yaml.replace("{ text: hi }", source)).unwrap();
        let error = Definition::from_file(&file).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn results_are_checked_at_load() {
    for (node, message) in [
        (
            "llm: { id: a, prompt: x }",
            "the node needs 'returns' or 'cases'",
        ),
        (
            "llm: { id: a, prompt: x, cases: [ { when: \"true\" } ] }",
            "exactly one of 'returns' and 'fail'",
        ),
        (
            "http: { id: a, url: x, returns: { code: 200 } }",
            "a response has status, headers, body, not 'code'",
        ),
        (
            "http: { id: a, url: x, returns: ok }",
            "a response is a map",
        ),
        (
            "llm: { id: a, prompt: x, returns: \"{{ request.url }}\" }",
            "'request' has no field 'url'",
        ),
        (
            "text: { id: a, template: x, on_error: { output: \"{{ error.reason }}\" } }",
            "'error' has no field 'reason'",
        ),
    ] {
        let yaml = format!("name: a\nnodes:\n  - {node}\nend: {{ text: x }}");
        let error = Definition::from_yaml(&yaml).unwrap_err();
        assert!(
            error.to_string().contains(message),
            "{error} lacks {message}"
        );
        assert_eq!(error.line(), Some(3), "{error}");
    }
}
