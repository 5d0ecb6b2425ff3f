//! What a response proves about its request.

use coze_engine::http::{id_text, json_object, shows_run};
use coze_transport::{
    Classification, Classify, HttpClassifier, Outcome, ReplaySafety, Response, TransportError,
};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use serde::Deserialize;
use serde_json::Value;

/// The code of a run that failed, whatever the status beside it.
const RUN_FAILED: &str = "WORKFLOW_EXECUTION_ERROR";

/// What a body says that may or may not be the record of a run.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The run that it names.
    pub(crate) run_id: Option<String>,
    /// The code in words.
    pub(crate) code: Option<String>,
    /// The text for people.
    pub(crate) message: Option<String>,
    /// Whether it has outputs or the reason of a failure.
    pub(crate) has_result: bool,
    /// Whether it shows that a run was started.
    pub(crate) is_sign: bool,
    /// Whether it is the envelope of the cloud service, which takes no requests of this dialect.
    pub(crate) is_cloud: bool,
}

#[derive(Deserialize)]
struct Members {
    run_id: Option<Value>,
    status: Option<Value>,
    output: Option<Value>,
    outputs: Option<Value>,
    error: Option<Value>,
    code: Option<Value>,
    msg: Option<Value>,
}

impl Survey {
    pub(crate) fn of(body: &[u8]) -> Self {
        let shows_run = shows_run(body, &KEYS);
        let Ok(members) = json_object::<Members>(body) else {
            // A page that quotes a record, a record that broke off, a list of them.
            return Self {
                is_sign: shows_run,
                ..Self::default()
            };
        };
        let run_id = members.run_id.as_ref().and_then(id_text);
        let error = |name: &str| {
            members
                .error
                .as_ref()?
                .get(name)?
                .as_str()
                .map(str::to_owned)
        };
        let code = error("code");
        let has_output = members.output.is_some() || members.outputs.is_some();
        // A failed request of other services has its HTTP status as a number here.
        let has_status = members.status.as_ref().is_some_and(Value::is_string);
        Self {
            is_sign: has_output || has_status || code.as_deref() == Some(RUN_FAILED) || shows_run,
            has_result: has_output || members.error.is_some(),
            is_cloud: members.code.is_some_and(|code| code.is_number()) && members.msg.is_some(),
            run_id,
            code,
            message: error("message"),
        }
    }

    /// Whether a request that got this response, which is no success, may have started a run.
    ///
    /// The page of the dialect tells of 400, 401 and 404 that the request is at fault; only a body as it describes them proves that
    /// the server said so, and not a gateway before or after it.
    pub(crate) fn outcome(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        is_whole: bool,
    ) -> Outcome {
        if !is_whole || self.is_sign {
            return Outcome::Accepted;
        }
        match status.as_u16() {
            401 | 429 => Outcome::NotAccepted,
            503 if headers.contains_key(RETRY_AFTER) => Outcome::NotAccepted,
            400 | 404 if self.code.is_some() => Outcome::NotAccepted,
            _ => Outcome::Unknown,
        }
    }
}

/// Keys whose value is the id of a run: this dialect's, and the cloud's.
const KEYS: [&str; 2] = ["run_id", "execute_id"];

/// Judges attempts by what this dialect says in the body, and by HTTP where it says nothing.
///
/// [`RunsBuilder`](crate::RunsBuilder) puts it into its stack; a stack that is built by hand needs it as well.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunsClassifier;

impl Classify for RunsClassifier {
    fn classify(
        &self,
        replay: ReplaySafety,
        result: Result<&Response, &TransportError>,
    ) -> Classification {
        let by_http = HttpClassifier.classify(replay, result);
        let Ok(response) = result else {
            return by_http;
        };
        let (status, body) = (response.status(), response.body());
        // What may be sent twice may be sent again whatever its first attempt did.
        if status.is_success() || replay == ReplaySafety::Always {
            return by_http;
        }
        let bytes = body.buffered();
        let is_whole = bytes.is_some() && !body.is_truncated();
        let survey = Survey::of(bytes.map_or(&[][..], |bytes| bytes));
        match survey.outcome(status, response.headers(), is_whole) {
            Outcome::Accepted => Classification::Done(Outcome::Accepted),
            outcome => by_http.with_outcome(outcome),
        }
    }
}
