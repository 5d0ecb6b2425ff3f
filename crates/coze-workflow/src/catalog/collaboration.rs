//! Who may edit a workflow.

use coze_models::{
    AddCollaborators, CollaborationMode, Collaborator, RemoveCollaborator, SetCollaborationMode,
    UserId, codes,
};
use coze_transport::Outcome;

use crate::{Call, Error, Workflow};

impl Workflow {
    /// Lets one person edit the workflow, or several; `.await` switches.
    ///
    /// Enterprise plans only, and not for workflows of an app. Before the mode goes back to `single`, all
    /// collaborators have to be removed.
    /// Source: <https://www.coze.cn/open/docs/developer_guides/switch_workflow_develop_mode>
    pub fn set_collaboration_mode(
        &self,
        mode: impl Into<CollaborationMode>,
    ) -> Call<SetCollaborationMode> {
        let request = SetCollaborationMode::new(self.id(), mode);
        self.client().call(request)
    }

    /// Lets members of the workspace edit the workflow, whose collaboration mode must be on. Returns those
    /// who could not edit it before.
    ///
    /// The service takes one user a call, so there are as many calls as users, one after another; it
    /// allows five a second for the whole account.
    /// Source: <https://www.coze.cn/open/docs/developer_guides/add_workflow_collaborator>
    ///
    /// # Errors
    ///
    /// [`Error`] of the first call that fails; those who were added before stay. Adding somebody again does
    /// no harm, so all of it can be repeated.
    pub async fn add_collaborators(
        &self,
        users: impl IntoIterator<Item = impl Into<UserId>>,
    ) -> Result<Vec<UserId>, Error> {
        let mut added = Vec::new();
        for user in users {
            let user = user.into();
            let whom = [Collaborator::new(&user)];
            match self
                .client()
                .call(AddCollaborators::new(self.id(), whom))
                .await
            {
                Ok(_) => added.push(user),
                Err(error) if error.code() == Some(codes::MEMBER_EXISTS) => {
                    // An attempt whose response was lost may have been the one that did it.
                    if may_have_worked(&error) {
                        added.push(user);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(added)
    }

    /// Takes the right to edit the workflow from a collaborator.
    ///
    /// Source: <https://www.coze.cn/open/docs/developer_guides/remove_workflow_collaborator>
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails. That the user is not known counts as success only where an earlier
    /// attempt of the same call may have removed them; otherwise it is [`NOT_FOUND`](codes::NOT_FOUND), as it is for a workflow
    /// that is not known.
    pub async fn remove_collaborator(&self, user: impl Into<UserId>) -> Result<(), Error> {
        let request = RemoveCollaborator::new(self.id(), user);
        match self.client().call(request).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some(codes::NOT_FOUND) && may_have_worked(&error) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether an attempt before the last may have reached the service.
fn may_have_worked(error: &Error) -> bool {
    let attempts = error.attempts();
    let before = attempts.len().saturating_sub(1);
    attempts
        .iter()
        .take(before)
        .any(|attempt| attempt.outcome != Outcome::NotAccepted)
}
