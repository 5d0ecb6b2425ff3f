//! `coze upload`

use crate::{
    args::{Format, Upload},
    connect, contract,
    failure::Failure,
    output,
    session::Session,
    upload,
};

pub(crate) async fn execute(session: &Session, args: &Upload) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    for path in &args.files {
        let file = upload::one(session, &connection.client, path).await?;
        match session.output {
            Format::Json => output::json(&contract::file(file.get_ref(), file.log_id()))?,
            // A self-hosted server identifies files by their URL.
            Format::Text => {
                let id = file.get_ref().id.as_ref().map(AsRef::<str>::as_ref);
                output::row("", id.or(file.get_ref().url.as_deref()).unwrap_or_default())?;
                session.tell(&[("log id", file.log_id())]);
            }
        }
    }
    Ok(())
}
