//! stub
use super::{Options, ReportError};
use crate::check::Assessment;
pub fn render(_: &Assessment, _: &Options) -> Result<Vec<u8>, ReportError> {
    Ok(Vec::new())
}
