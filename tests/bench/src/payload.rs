//! What the server responds with: text as workflows return it, mostly ASCII, with an escape about every 35 bytes and some
//! Chinese.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

const PHRASE: &str = "The workflow finished step 12 of 40; it said \"ok\" and went on.\n结果：工作流运行成功，共 3 项。\tNext ";

/// Sizes of pieces that cut line ends, names and characters.
const AWKWARD: [usize; 10] = [1, 2, 3, 5, 7, 11, 13, 67, 127, 1021];

/// The body of a run whose `data` has about `size` bytes: one text as its output.
pub fn run(size: usize) -> String {
    let mut text = PHRASE.repeat(size / PHRASE.len() + 1);
    let mut output = serde_json::json!({ "output": text }).to_string();
    while output.len() > size {
        let over = output.len() - size;
        for _ in 0..over.div_ceil(4) {
            text.pop();
        }
        output = serde_json::json!({ "output": text }).to_string();
    }
    let data = serde_json::to_string(&output).unwrap();
    format!(
        r#"{{"code":0,"msg":"Success","data":{data},"debug_url":"https://www.coze.cn/work_flow?execute_id=7412345678901239999&space_id=7400000000000000001&workflow_id=7412345678901234567","execute_id":"7412345678901239999","usage":{{"token_count":98,"output_count":60,"input_count":38}},"detail":{{"logid":"20261121040000ABCDEF0123456789ABCDEF"}}}}"#
    )
}

/// The body of what is told of a workflow that takes `input` and `n`.
pub fn workflow() -> String {
    r#"{"code":0,"msg":"","data":{"workflow_detail":{"workflow_id":"7412345678901234567","workflow_name":"forecast","description":"Answers a question about the weather.","icon_url":"https://lf-bot-studio.example/icon.png","app_id":"0","created_at":"1752060786","updated_at":"1752060827","creator":{"id":"2478774393000001","name":"user41833"}},"input":{"parameters":{"input":{"type":"string","required":true,"description":"The question"},"n":{"type":"integer","required":false,"description":"How many days"}}},"output":{"parameters":{"output":{"type":"string"}},"terminate_plan":"return_variables"}},"detail":{"logid":"20261121040000ABCDEF0123456789ABCDEF"}}"#.to_owned()
}

/// A message event with twenty characters of content, its lines ended by `end`.
pub fn event(n: u64, end: &str) -> String {
    let skip = usize::try_from(n % 16).unwrap() * 4;
    let content: String = PHRASE.chars().skip(skip).take(20).collect();
    let content = serde_json::to_string(&content).unwrap();
    format!(
        "id: {n}{end}event: Message{end}data: {{\"content\":{content},\"node_is_finish\":false,\"node_seq_id\":\"{n}\",\"node_title\":\"Message\"}}{end}{end}"
    )
}

/// The pieces in which `count` events and the end of the stream arrive: as many events in each as `cut` says, or
/// pieces of `awkward` sizes.
pub fn pieces(count: u64, cut: &str) -> Vec<Vec<u8>> {
    let end = if cut == "awkward" { "\r\n" } else { "\n" };
    let done = format!(
        "id: {count}{end}event: Done{end}data: {{\"debug_url\":\"https://www.coze.cn/work_flow?execute_id=7412345678901239999\"}}{end}{end}"
    );
    let events: Vec<_> = (0..count).map(|n| event(n, end)).chain([done]).collect();
    if let Ok(each) = cut.parse() {
        let chunks = events.chunks(each);
        return chunks.map(|events| events.concat().into()).collect();
    }
    let body = events.concat().into_bytes();
    let mut rest = &body[..];
    let mut pieces = Vec::new();
    for size in AWKWARD.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(rest.len().min(*size));
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces
}
