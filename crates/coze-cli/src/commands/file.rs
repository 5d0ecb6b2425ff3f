//! `coze file`

use coze_workflow::Call;

use super::date;
use crate::{
    args::{File, Format},
    connect, contract,
    failure::Failure,
    output,
    session::Session,
};

pub(crate) async fn execute(session: &Session, args: &File) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let call = connection.client.file(args.id.as_str());
    let file = session.bounded(call, Call::deadline).await?;
    match session.output {
        Format::Json => output::json(&contract::file(file.get_ref(), file.log_id()))?,
        Format::Text => {
            let mut rows = vec![("id", args.id.clone())];
            if let Some(name) = &file.get_ref().file_name {
                rows.push(("name", name.clone()));
            }
            if let Some(bytes) = file.get_ref().bytes {
                rows.push(("bytes", bytes.to_string()));
            }
            if let Some(time) = file.get_ref().created_at {
                rows.push(("created", date(time)));
            }
            output::table(rows)?;
            session.tell(&[("log id", file.log_id())]);
        }
    }
    Ok(())
}
