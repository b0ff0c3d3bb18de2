//! Claim, lease, retry, fence, give up; the dispatcher; child processes.
