//! The judge: what the history promises is compared with what is there. It knows the registry only by its answers, and
//! the database only for what no answer shows.

mod bytes;
mod control;
mod effects;
mod jobs;
mod tags;

use anyhow::Result;

pub(crate) use control::Control;

use super::stage::Stage;

/// What was found wrong, by kind.
#[derive(Debug, Default, Clone)]
pub(crate) struct Findings {
    /// Answered 2xx and without effect, or a tag without a version.
    pub(crate) lost: Vec<String>,
    /// More than one of what there is one of.
    pub(crate) duplicated: Vec<String>,
    /// Other bytes, or other documentation, than before or than an undisturbed reading gives.
    pub(crate) changed: Vec<String>,
    /// Everything else: jobs left over, panics, limits that were not kept.
    pub(crate) other: Vec<String>,
}

impl Findings {
    pub(crate) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// Both together.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.lost.extend(other.lost);
        self.duplicated.extend(other.duplicated);
        self.changed.extend(other.changed);
        self.other.extend(other.other);
        self
    }

    /// With its kind in front.
    pub(crate) fn all(&self) -> impl Iterator<Item = String> {
        let kinds = [
            ("lost", &self.lost),
            ("duplicated", &self.duplicated),
            ("changed", &self.changed),
            ("other", &self.other),
        ];
        kinds.into_iter().flat_map(|(kind, found)| found.iter().map(move |text| format!("{kind}: {text}")))
    }
}

/// Looks at everything, once the registry is at rest.
pub(crate) async fn audit(stage: &Stage, control: &Control) -> Result<Findings> {
    let mut findings = Findings::default();
    tags::check(stage, &mut findings).await?;
    effects::check(stage, &mut findings).await?;
    bytes::check(stage, control, &mut findings).await?;
    jobs::check(stage, &mut findings)?;
    Ok(findings)
}
