//! How messages are written: JSON, and properties that tell the format. See `proto-docs/messages.md`.

use domain::Error;
use lapin::{
    BasicProperties,
    message::Delivery,
    types::{AMQPValue, FieldTable},
};
use messages::{ChangeNotice, JobDue};

/// The header that tells the format of the body.
pub(super) const FORMAT_HEADER: &str = "quarry-format";
/// The only format so far.
const FORMAT: i32 = 1;
/// Kept on disk, and not.
const PERSISTENT: u8 = 2;
const TRANSIENT: u8 = 1;

/// A message ready to be sent.
pub(super) struct Outgoing {
    pub(super) body: Vec<u8>,
    pub(super) properties: BasicProperties,
}

pub(super) fn write_job_due(message: &JobDue) -> Result<Outgoing, Error> {
    let body = serde_json::to_vec(message).map_err(|source| Error::internal("writing a message", source))?;
    Ok(Outgoing { body, properties: properties("job-due", PERSISTENT) })
}

pub(super) fn write_notice(notice: &ChangeNotice) -> Result<Outgoing, Error> {
    let body = serde_json::to_vec(notice).map_err(|source| Error::internal("writing a message", source))?;
    Ok(Outgoing { body, properties: properties("change", TRANSIENT) })
}

fn properties(kind: &str, delivery_mode: u8) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert(FORMAT_HEADER.into(), AMQPValue::LongInt(FORMAT));
    BasicProperties::default()
        .with_content_type("application/json".into())
        .with_type(kind.into())
        .with_delivery_mode(delivery_mode)
        .with_headers(headers)
}

/// Or why it cannot be read; the reason tells nothing of the contents.
pub(super) fn read_job_due(delivery: &Delivery) -> Result<JobDue, &'static str> {
    check_format(&delivery.properties)?;
    serde_json::from_slice(&delivery.data).map_err(|_| "its body is no job in JSON")
}

/// Or why it cannot be read; the reason tells nothing of the contents.
pub(super) fn read_notice(delivery: &Delivery) -> Result<ChangeNotice, &'static str> {
    check_format(&delivery.properties)?;
    serde_json::from_slice(&delivery.data).map_err(|_| "its body is no notice that this release knows")
}

fn check_format(properties: &BasicProperties) -> Result<(), &'static str> {
    let headers = properties.headers().as_ref().ok_or("it has no quarry-format header")?;
    let format = match headers.inner().get(FORMAT_HEADER).ok_or("it has no quarry-format header")? {
        // Other libraries choose other widths.
        AMQPValue::ShortShortInt(number) => i64::from(*number),
        AMQPValue::ShortShortUInt(number) => i64::from(*number),
        AMQPValue::ShortInt(number) => i64::from(*number),
        AMQPValue::ShortUInt(number) => i64::from(*number),
        AMQPValue::LongInt(number) => i64::from(*number),
        AMQPValue::LongUInt(number) => i64::from(*number),
        AMQPValue::LongLongInt(number) => *number,
        _ => return Err("its quarry-format header is no number"),
    };
    if format == i64::from(FORMAT) { Ok(()) } else { Err("its format is not known to this release") }
}
