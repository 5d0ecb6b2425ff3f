//! Messages of conversations, and agents that are talked to with `v3/chat`.

mod support;

use coze_emulator::EmulatorService;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use support::{change, events, get, names, pass, post, read, send, stream, with};

const AGENT: &str = r#"
name: helper
bot_id: "7342"
mode: chatflow
inputs: { tone: { type: string, default: kind } }
nodes:
  - condition:
      id: how
      branches:
        - { when: "USER_INPUT == 'ask'", nodes: [ { question: { id: q, text: "Which city?" } } ], output: "{{ q.answer }}" }
        - { when: "USER_INPUT == 'fail'", nodes: [ { fail: { id: x, code: 7, message: no } } ] }
        - { when: "USER_INPUT == 'wait'", nodes: [ { delay: { id: d, milliseconds: 5000 } } ] }
      else: { output: "{{ USER_INPUT }}" }
  - llm: { id: m, prompt: x, returns: "{{ tone }}: {{ how.output }} after {{ CHAT_HISTORY }}", tokens: { input: 2, output: 3 } }
end: { text: "{{ m.output }}" }
"#;

fn user(text: &str) -> Value {
    json!([{"role": "user", "content": text, "content_type": "text"}])
}

async fn conversation(service: &EmulatorService) -> String {
    let made = post(service, "/v1/conversation/create", json!({}))
        .await
        .json();
    made["data"]["id"].as_str().unwrap().to_owned()
}

async fn say(service: &EmulatorService, conversation: &str, text: &str) -> Value {
    let path = format!("/v3/chat?conversation_id={conversation}");
    let body = json!({"bot_id": "7342", "user_id": "u", "additional_messages": user(text), "parameters": {"tone": "dry"}});
    post(service, &path, body).await.json()
}

/// What a chat has come to: itself, and what was said in it.
async fn polled(service: &EmulatorService, chat: &Value) -> (Value, Vec<Value>) {
    let id = |name: &str| chat["data"][name].as_str().unwrap();
    let query = format!(
        "conversation_id={}&chat_id={}",
        id("conversation_id"),
        id("id")
    );
    let read = get(service, &format!("/v3/chat/retrieve?{query}"))
        .await
        .json();
    let said = get(service, &format!("/v3/chat/message/list?{query}"))
        .await
        .json();
    let said = said["data"].as_array().unwrap().clone();
    (
        read["data"].clone(),
        said.into_iter()
            .map(|message| message["content"].clone())
            .collect(),
    )
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_polled_and_remembers_its_conversation() {
    let service = with(AGENT);
    let conversation = conversation(&service).await;
    let chat = say(&service, &conversation, "hello").await;
    assert_eq!(
        (&chat["data"]["status"], &chat["data"]["bot_id"]),
        (&json!("in_progress"), &json!("7342"))
    );
    pass(1).await;
    let (read, said) = polled(&service, &chat).await;
    assert_eq!(
        (&read["status"], &read["usage"]["token_count"]),
        (&json!("completed"), &json!(5))
    );
    assert_eq!(said, ["dry: hello after []"]);
    let chat = say(&service, &conversation, "again").await;
    pass(1).await;
    let (_, said) = polled(&service, &chat).await;
    let before = r#"[{"role":"user","content":"hello"},{"role":"assistant","content":"dry: hello after []"}]"#;
    assert_eq!(said, [format!("dry: again after {before}")]);
    // A cleared conversation begins anew, and its messages are still there.
    post(
        &service,
        &format!("/v1/conversations/{conversation}/clear"),
        json!({}),
    )
    .await;
    let chat = say(&service, &conversation, "third").await;
    pass(1).await;
    assert_eq!(polled(&service, &chat).await.1, ["dry: third after []"]);
    let path = format!("/v1/conversation/message/list?conversation_id={conversation}");
    let all = post(&service, &path, json!({})).await.json();
    assert_eq!(all["data"].as_array().unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_agent_asks_fails_is_busy_and_is_cancelled() {
    let service = with(AGENT);
    let conversation = conversation(&service).await;
    let chat = say(&service, &conversation, "ask").await;
    pass(1).await;
    let (read, said) = polled(&service, &chat).await;
    assert_eq!(
        (&read["status"], said),
        (&json!("requires_action"), vec![json!("Which city?")])
    );
    let chat = say(&service, &conversation, "Lyon").await;
    pass(1).await;
    let (read, said) = polled(&service, &chat).await;
    assert_eq!(read["status"], "completed");
    assert_eq!(said, ["dry: Lyon after []"]);

    let chat = say(&service, &conversation, "fail").await;
    pass(1).await;
    let (read, _) = polled(&service, &chat).await;
    assert_eq!(
        (&read["status"], &read["last_error"]),
        (&json!("failed"), &json!({"code": 7, "msg": "no"}))
    );

    let chat = say(&service, &conversation, "wait").await;
    assert_eq!(say(&service, &conversation, "busy").await["code"], 4016);
    let cancel = json!({"conversation_id": conversation, "chat_id": chat["data"]["id"]});
    let cancelled = post(&service, "/v3/chat/cancel", cancel.clone())
        .await
        .json();
    assert_eq!(cancelled["data"]["status"], "canceled");
    assert_eq!(
        post(&service, "/v3/chat/cancel", cancel).await.json()["code"],
        4104
    );
    assert_eq!(say(&service, &conversation, "hello").await["code"], 0);

    for (body, code) in [
        (
            json!({"user_id": "u", "additional_messages": user("x")}),
            4000,
        ),
        (
            json!({"bot_id": "nobody", "user_id": "u", "additional_messages": user("x")}),
            4200,
        ),
        (json!({"bot_id": "7342", "user_id": "u"}), 4000),
        (
            json!({"bot_id": "7342", "user_id": "u", "auto_save_history": false, "additional_messages": user("x")}),
            4007,
        ),
    ] {
        let refused = post(&service, "/v3/chat", body.clone()).await.json();
        assert_eq!(refused["code"], code, "{body}");
    }
    let query = format!("conversation_id={conversation}&chat_id=1");
    let unknown = get(&service, &format!("/v3/chat/retrieve?{query}"))
        .await
        .json();
    assert_eq!(unknown["code"], 4001);
}

#[tokio::test]
async fn an_agent_streams_under_its_id_or_the_name_of_the_chatflow() {
    let service = with(AGENT);
    for bot_id in ["7342", "helper"] {
        let body = json!({"bot_id": bot_id, "user_id": "u", "stream": true, "additional_messages": user("hello")});
        let events = stream(&service, "/v3/chat", body).await;
        assert_eq!(events[0].event, "conversation.chat.created");
        assert_eq!(events.last().unwrap().event, "done");
        assert_eq!(events[0].json()["bot_id"], bot_id);
    }
    // The question may be in the conversation already.
    let conversation = conversation(&service).await;
    let path = format!("/v1/conversation/message/create?conversation_id={conversation}");
    let message = json!({"role": "user", "content": "put there", "content_type": "text"});
    post(&service, &path, message).await;
    let path = format!("/v3/chat?conversation_id={conversation}");
    let body = json!({"bot_id": "7342", "user_id": "u", "stream": true});
    let said = post(&service, &path, body).await.text();
    assert!(said.contains("kind: put there after []"), "{said}");
    assert_eq!(names(&events(&said))[0], "conversation.chat.created");
}

#[tokio::test]
async fn messages_are_made_read_changed_listed_and_deleted() {
    let service = with(AGENT);
    let conversation = conversation(&service).await;
    let call = async |what: &str, message: &str, body: Value| {
        let path = format!(
            "/v1/conversation/message/{what}?conversation_id={conversation}&message_id={message}"
        );
        post(&service, &path, body).await.json()
    };
    let mut ids = Vec::new();
    for text in ["a", "b", "c", "d", "e"] {
        let body = json!({"role": "user", "content": text, "content_type": "text", "meta_data": {"k": text}});
        let made = call("create", "", body).await;
        assert_eq!(
            (&made["data"]["type"], &made["data"]["meta_data"]),
            (&json!("question"), &json!({"k": text}))
        );
        ids.push(made["data"]["id"].as_str().unwrap().to_owned());
    }
    let texts = |page: &Value| -> String {
        let page = page["data"].as_array().unwrap();
        page.iter()
            .map(|message| message["content"].as_str().unwrap())
            .collect()
    };
    for (body, wanted, has_more) in [
        (json!({}), "edcba", false),
        (json!({"order": "asc", "limit": 2}), "ab", true),
        (json!({"limit": 2}), "ed", true),
        (json!({"limit": 2, "after_id": ids[3]}), "cb", true),
        (
            json!({"limit": 2, "after_id": ids[1], "before_id": "0"}),
            "a",
            false,
        ),
        (json!({"limit": 2, "before_id": ids[1]}), "dc", true),
        (
            json!({"order": "asc", "limit": 2, "before_id": ids[1]}),
            "a",
            false,
        ),
    ] {
        let page = call("list", "", body.clone()).await;
        assert_eq!(
            (texts(&page).as_str(), &page["has_more"]),
            (wanted, &json!(has_more)),
            "{body}"
        );
        let last = page["data"].as_array().unwrap().last().unwrap();
        assert_eq!(page["last_id"], last["id"]);
    }
    let changed = call(
        "modify",
        &ids[0],
        json!({"content": "A", "content_type": "text"}),
    )
    .await;
    assert_eq!(changed["message"]["content"], "A");
    let path = format!(
        "/v1/conversation/message/retrieve?conversation_id={conversation}&message_id={}",
        ids[0]
    );
    let read = get(&service, &path).await.json();
    assert_eq!(
        (&read["data"]["content"], &read["data"]["meta_data"]),
        (&json!("A"), &json!({"k": "a"}))
    );
    assert_eq!(
        call("delete", &ids[0], json!({})).await["data"]["content"],
        "A"
    );
    assert_eq!(call("delete", &ids[0], json!({})).await["code"], 4200);
    assert_eq!(texts(&call("list", "", json!({})).await), "edcb");
    for (what, body) in [
        (
            "create",
            json!({"role": "system", "content": "x", "content_type": "text"}),
        ),
        (
            "create",
            json!({"role": "user", "content": "x", "content_type": "card"}),
        ),
        ("modify", json!({})),
        ("list", json!({"limit": 51})),
        ("list", json!({"order": "up"})),
    ] {
        let refused = call(what, &ids[1], body.clone()).await;
        assert_eq!(refused["code"], 4000, "{what} {body}");
    }
}

#[tokio::test]
async fn conversations_are_renamed_and_agents_apps_members_and_the_user_are_listed() {
    let service = with(AGENT);
    let id = conversation(&service).await;
    let request = Request::put(format!("http://coze.test/v1/conversations/{id}"))
        .header("authorization", "Bearer t")
        .body(Full::from(json!({"name": "plans"}).to_string()))
        .unwrap();
    let renamed = send(&service, request).await.json();
    assert_eq!(
        (&renamed["data"]["name"], &renamed["data"]["id"]),
        (&json!("plans"), &json!(id))
    );
    let bots = get(&service, "/v1/bots?workspace_id=1").await.json();
    assert_eq!(
        (&bots["data"]["total"], &bots["data"]["items"][0]["id"]),
        (&json!(1), &json!("7342"))
    );
    let apps = get(&service, "/v1/apps?workspace_id=1").await.json();
    assert_eq!(apps["data"], json!({"items": [], "total": 0}));
    let older = get(&service, "/v1/space/published_bots_list?space_id=1")
        .await
        .json();
    assert_eq!(older["data"]["space_bots"][0]["bot_id"], "7342");
    for path in ["/v1/bots/7342", "/v1/bot/get_online_info?bot_id=7342"] {
        let bot = get(&service, path).await.json();
        assert_eq!(bot["data"]["name"], "helper", "{path}");
    }
    let members = get(&service, "/v1/workspaces/7/members").await.json();
    let me = get(&service, "/v1/users/me").await.json();
    assert_eq!(
        members["data"]["items"][0]["user_id"],
        me["data"]["user_id"]
    );
}

#[tokio::test]
async fn variables_belong_to_an_agent_and_a_user() {
    let service = with(AGENT);
    let set = async |user: &str, data: Value| {
        let body = json!({"bot_id": "7342", "connector_uid": user, "data": data});
        let request = Request::put("http://coze.test/v1/variables")
            .header("authorization", "Bearer t")
            .body(Full::from(body.to_string()))
            .unwrap();
        send(&service, request).await.json()["code"].clone()
    };
    let values = async |query: &str| {
        let path = format!("/v1/variables?bot_id=7342&{query}");
        let read = get(&service, &path).await.json();
        let items = read["data"]["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| format!("{}={}", item["keyword"], item["value"]))
            .collect::<Vec<_>>()
            .join(" ")
            .replace('"', "")
    };
    assert_eq!(
        set(
            "u",
            json!([{"keyword": "a", "value": "1"}, {"keyword": "b", "value": "2"}])
        )
        .await,
        0
    );
    assert_eq!(set("u", json!([{"keyword": "a", "value": "3"}])).await, 0);
    assert_eq!(values("connector_uid=u").await, "a=3 b=2");
    assert_eq!(values("connector_uid=u&keywords=b,c").await, "b=2");
    assert_eq!(values("connector_uid=v").await, "");
    let snapshot = read(&service, "snapshot").await;
    let other = with(AGENT);
    change(&other, "PUT", "snapshot", snapshot).await;
    let path = "/v1/variables?bot_id=7342&connector_uid=u&keywords=a";
    assert_eq!(
        get(&other, path).await.json()["data"]["items"][0]["value"],
        "3"
    );
    assert_eq!(set("u", json!([])).await, 4000);
    let nobody = get(&service, "/v1/variables?connector_uid=u").await.json();
    assert_eq!(nobody["code"], 4000);
}
