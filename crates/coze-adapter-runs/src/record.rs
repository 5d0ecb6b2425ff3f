//! What the record of a run says beside its fields.

use std::time::SystemTime;

use jiff::Timestamp;

use crate::{RunRecord, RunStatus, StartedRun, WorkflowId};

impl RunRecord {
    /// Whether the run is over: `completed` or `failed`.
    pub fn is_over(&self) -> bool {
        matches!(self.status, Some(RunStatus::Completed | RunStatus::Failed))
    }

    /// When the run was made; `None` for what is no ISO 8601 time with an offset, such as
    /// `2025-10-28T15:58:40Z`.
    pub fn created(&self) -> Option<SystemTime> {
        time(self.created_at.as_deref()?)
    }

    /// When it last changed, which is its end once it is over; `None` as for [`created`](Self::created).
    pub fn updated(&self) -> Option<SystemTime> {
        time(self.updated_at.as_deref()?)
    }

    /// The record that the response to a start holds, whose outputs have another name.
    pub(crate) fn of(started: StartedRun, workflow_id: WorkflowId) -> Self {
        let StartedRun {
            run_id,
            status,
            output,
            error,
            created_at,
            updated_at,
        } = started;
        Self {
            run_id,
            workflow_id: Some(workflow_id),
            status,
            outputs: output,
            error,
            created_at,
            updated_at,
            ..Self::default()
        }
    }
}

/// A time without an offset could be that of any place, so it is none.
fn time(text: &str) -> Option<SystemTime> {
    let time: Timestamp = text.trim().parse().ok()?;
    let since = std::time::Duration::try_from(time.as_duration()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(since)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_read_with_their_offset_and_not_without() {
        let at = |seconds, millis| {
            Some(
                SystemTime::UNIX_EPOCH
                    + Duration::from_secs(seconds)
                    + Duration::from_millis(millis),
            )
        };
        assert_eq!(time("2025-10-28T15:58:40Z"), at(1_761_667_120, 0));
        assert_eq!(
            time("2025-10-28T23:58:40.250+08:00"),
            at(1_761_667_120, 250)
        );
        assert_eq!(time(" 2025-10-28 15:58:40Z\n"), at(1_761_667_120, 0));
        for odd in [
            "",
            "2025-10-28T15:58:40",
            "1761667120",
            "2025-10-28",
            "1969-12-31T23:59:59Z",
            "soon",
        ] {
            assert_eq!(time(odd), None, "{odd}");
        }
    }
}
