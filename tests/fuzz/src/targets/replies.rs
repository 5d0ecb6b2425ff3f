//! JSON replies.

use std::error::Error;

use bytes::Bytes;
use coze_models::{
    CreateConversation, ExchangeCode, GetNodeOutput, GetRunHistory, GetWorkflow,
    ListWorkflowVersions, ListWorkflows, ListWorkspaces, Operation, RemoveCollaborator,
    ResumeWorkflow, RetrieveFile, RunWorkflow, StreamWorkflow,
};
use coze_wire::{ReplyError, decode};
use http::{Response, StatusCode, response::Parts};

use super::choices;

/// The response to one of several operations: the first byte says which, the second the status.
pub fn envelope(input: &[u8]) {
    let Some(([operation, status], body)) = choices(input) else {
        return;
    };
    let status = [200, 201, 204, 301, 400, 401, 404, 429, 500, 503][usize::from(status % 10)];
    let body = Bytes::copy_from_slice(body);
    match operation % 12 {
        0 => check::<RunWorkflow>(status, &body),
        1 => check::<ResumeWorkflow>(status, &body),
        2 => check::<GetWorkflow>(status, &body),
        3 => check::<ListWorkflows>(status, &body),
        4 => check::<ListWorkflowVersions>(status, &body),
        5 => check::<ListWorkspaces>(status, &body),
        6 => check::<GetNodeOutput>(status, &body),
        7 => check::<CreateConversation>(status, &body),
        8 => check::<ExchangeCode>(status, &body),
        9 => check::<RetrieveFile>(status, &body),
        10 => check::<RemoveCollaborator>(status, &body),
        _ => check::<StreamWorkflow>(status, &body),
    }
}

/// The response to the query for a run: what was read can be written and is read as the same.
pub fn history(input: &[u8]) {
    let body = Bytes::copy_from_slice(input);
    check::<GetRunHistory>(200, &body);
    if let Ok(decoded) = decode::<GetRunHistory>(&head(200), &body) {
        let rows = serde_json::to_string(&decoded.value);
        let Ok(rows) = rows else { return };
        let written = format!(r#"{{"code":0,"data":{rows}}}"#).into();
        match decode::<GetRunHistory>(&head(200), &written) {
            Ok(again) => assert_eq!(
                serde_json::to_string(&again.value).ok(),
                Some(rows),
                "{:?} reads back as {:?}",
                decoded.value,
                again.value
            ),
            Err(error) => panic!("{rows} is not read: {error:?}"),
        }
    }
}

fn head(status: u16) -> Parts {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response.into_parts().0
}

fn check<O: Operation>(status: u16, body: &Bytes) {
    let head = head(status);
    let failure = coze_wire::failure(head.status, &head.headers, body);
    match decode::<O>(&head, body) {
        Ok(decoded) => {
            assert!(head.status.is_success(), "success with {status}");
            // A layer judges the whole envelope; its texts, which a success has no use for, may be broken.
            let told = failure.as_ref().and_then(ReplyError::code);
            assert_eq!(told, None, "{failure:?} was read as a success");
            assert_eq!(decoded.raw, *body);
        }
        Err(error) => {
            shown(&error);
            let told = failure.as_ref().and_then(ReplyError::code);
            assert_eq!(told, error.code(), "{failure:?} was read as {error:?}");
        }
    }
}

/// An error can be shown with all its sources, in one line each and of a bearable size.
pub(super) fn shown(error: &dyn Error) {
    assert!(!error.to_string().is_empty());
    let debug = format!("{error:?}");
    assert!(!debug.is_empty());
    let mut source = error.source();
    while let Some(error) = source {
        assert!(!error.to_string().is_empty());
        source = error.source();
    }
}
