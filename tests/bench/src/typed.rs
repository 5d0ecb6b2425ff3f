//! A streamed run at the path where the server of the comparison has it, as an operation of the client.

use coze_workflow::models::{
    BodyKind, InvalidSegment, Method, Operation, OperationMeta, ReplyShape, WorkflowEvent,
};
use serde::{Serialize, Serializer};

use crate::RUN;

/// Streams what is at this path.
#[derive(Clone)]
pub struct Stream(pub String);

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RUN.serialize(serializer)
    }
}

impl Operation for Stream {
    type Reply = WorkflowEvent;
    const META: &'static OperationMeta = &OperationMeta::new("stream", Method::Post, "/stream/{n}")
        .body(BodyKind::Json)
        .reply(ReplyShape::Events);

    fn write_path(&self, out: &mut String) -> Result<(), InvalidSegment> {
        out.push_str(&self.0);
        Ok(())
    }
}
