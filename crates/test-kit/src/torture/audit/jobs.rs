//! Nothing is left under way, nothing was given up, and no process broke.

use anyhow::Result;

use super::super::Mode;
use super::super::stage::Stage;
use super::Findings;

pub(super) fn check(stage: &Stage, findings: &mut Findings) -> Result<()> {
    let left = stage.active_jobs()?;
    findings.other.extend(left.into_iter().map(|row| format!("a job is left over: {row}")));
    let dead = stage.system.ask("SELECT kind, target, last_error FROM jobs WHERE state = 'dead'")?;
    findings.lost.extend(dead.lines().map(|row| format!("a job was given up: {row}")));
    let orphans = stage.system.ask(
        "SELECT r.owner_id FROM module_versions v RIGHT JOIN blob_references r ON r.owner_id = v.id WHERE v.id IS NULL",
    )?;
    findings.other.extend(orphans.lines().map(|row| format!("a reference to a blob belongs to nobody: {row}")));
    findings.other.extend(stage.system.log_lines("panicked at"));
    if stage.mode == Mode::Embedded {
        let state = stage.system.ask("PRAGMA integrity_check")?;
        if state != "ok" {
            findings.other.push(format!("the database is damaged: {state}"));
        }
    }
    Ok(())
}
