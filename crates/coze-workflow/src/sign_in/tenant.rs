//! Service apps, and the users and tenants in whose name they call.

use coze_auth::JwtApp;

use crate::{Client, ClientBuilder, Error, tenants::SignIn};

impl ClientBuilder {
    /// Signs in as a service app: tokens are asked for with signed JWTs, over this client's own connections and layers,
    /// and renewed in time, once for however many calls.
    ///
    /// ```
    /// use coze_workflow::{Client, auth::JwtApp};
    ///
    /// # let path = std::env::temp_dir().join(format!("coze-app-{}.json", std::process::id()));
    /// # let pem = include_str!("../../../coze-emulator/tests/keys/app.key.pem").replace('\n', "\\n");
    /// # std::fs::write(&path, format!(r#"{{"client_type":"jwt","client_id":"11","public_key_id":"k","private_key":"{pem}"}}"#))?;
    /// let coze = Client::builder().jwt(JwtApp::from_file(&path)?).build()?;
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn jwt(self, app: JwtApp) -> Self {
        self.sign_in(SignIn::App(app))
    }
}

impl Client {
    /// The same client in the name of an end user of the app that it was built with ([`ClientBuilder::jwt`]): the service
    /// keeps the conversations of two session names apart.
    ///
    /// It shares connections and layers with this client and has tokens of its own, which are kept for the next call with
    /// the same name; of 1,000 names and apps at most.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) when the client was not built with [`ClientBuilder::jwt`].
    ///
    /// ```no_run
    /// # async fn f(coze: coze_workflow::Client) -> Result<(), coze_workflow::Error> {
    /// let run = coze.for_user("user_2222")?.workflow("7366").run().await?;
    /// # Ok(()) }
    /// ```
    pub fn for_user(&self, session_name: impl Into<String>) -> Result<Self, Error> {
        let app = self.tenants().and_then(|tenants| tenants.app.clone());
        let app = app.ok_or_else(|| {
            Error::build(
                "calls in the name of a user need a service app: build the client with jwt()",
            )
        })?;
        self.for_app(&app.session_name(session_name))
    }

    /// The same client as another service app, such as that of another tenant. It shares connections and layers with this
    /// client and has tokens of its own, which are kept for the next call as that app; of 1,000 names and apps at most.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) when the client was not made by a [`ClientBuilder`].
    pub fn for_app(&self, app: &JwtApp) -> Result<Self, Error> {
        let tenants = self.tenants().ok_or_else(|| {
            Error::build("this client was made of a stack, whose credentials cannot be replaced")
        })?;
        let host = tenants.stack.host.as_str();
        let stack = tenants.stack_of(app.cache_key(), |bare| app.credentials(bare, host));
        Ok(self.clone().with_stack(stack))
    }
}
