//! What children may do, and what becomes of those that do more. The children are this program itself.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "child_pool/child.rs"]
mod child;

use std::{
    io::{BufRead, BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use bytes::Bytes;
use domain::Error;
use job_runner::{
    Frame,
    child::ChildLimits,
    child_pool::{ChildPool, PoolSize},
};
use rustix::process::{Pid, Signal, kill_process};

type Test = (&'static str, fn());

const TESTS: &[Test] = &[
    ("a_child_answers", || run(a_child_answers())),
    ("a_child_is_used_again", || run(a_child_is_used_again())),
    ("a_child_that_died_while_idle_is_replaced", || run(a_child_that_died_while_idle_is_replaced())),
    ("a_child_that_crashes_is_a_passing_failure", || run(a_child_that_crashes_is_a_passing_failure())),
    ("a_child_that_hangs_is_killed_at_the_deadline", || run(a_child_that_hangs_is_killed_at_the_deadline())),
    ("a_child_that_wants_too_much_memory_aborts", || run(a_child_that_wants_too_much_memory_aborts())),
    ("a_child_that_uses_too_much_time_is_killed", || run(a_child_that_uses_too_much_time_is_killed())),
    ("a_frame_that_is_too_large_is_refused", || run(a_frame_that_is_too_large_is_refused())),
    ("half_a_frame_is_a_passing_failure", || run(half_a_frame_is_a_passing_failure())),
    ("a_child_knows_nothing_of_its_parent", || run(a_child_knows_nothing_of_its_parent())),
    ("a_conversation_that_is_dropped_kills_the_child", || run(a_conversation_that_is_dropped_kills_the_child())),
    ("no_more_children_than_places", || run(no_more_children_than_places())),
    ("a_program_that_is_not_there_is_a_passing_failure", || run(a_program_that_is_not_there_is_a_passing_failure())),
    ("a_child_dies_with_its_parent", a_child_dies_with_its_parent),
];

const SOON: Duration = Duration::from_millis(200);
/// So long that only a broken test waits for it.
const LONG: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["child", role] => child::run(role),
        ["parent"] => run(wait_with_a_child()),
        filters => return run_tests(filters),
    }
    ExitCode::SUCCESS
}

/// What the usual harness does, as far as it is needed here.
fn run_tests(arguments: &[&str]) -> ExitCode {
    let filters: Vec<&&str> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = TESTS.iter().filter(|(name, _)| filters.is_empty() || filters.iter().any(|f| name.contains(**f)));
    let mut failed = 0;
    let mut passed = 0;
    for (name, test) in wanted {
        let is_ok = catch_unwind(AssertUnwindSafe(test)).is_ok();
        println!("test {name} ... {}", if is_ok { "ok" } else { "FAILED" });
        if is_ok { passed += 1 } else { failed += 1 }
    }
    println!("\ntest result: {passed} passed; {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn pool(role: &'static str, time: Duration) -> ChildPool {
    let limits = ChildLimits { memory: 512 * 1024 * 1024, cpu_seconds: 1, file_size: 1024 };
    let size = PoolSize { children: 1, keep: 1, time };
    ChildPool::new(std::env::current_exe().unwrap(), role, limits, size)
}

/// One question, one answer.
async fn ask(pool: &ChildPool, header: &str) -> Result<Frame, Error> {
    let mut conversation = pool.converse().await?;
    conversation.send(&header, Bytes::new()).await?;
    let answer = conversation.receive().await?;
    conversation.done();
    Ok(answer)
}

async fn why_it_failed(pool: &ChildPool) -> String {
    match ask(pool, "please").await {
        Err(error @ Error::Unavailable { .. }) => error.chain(),
        other => panic!("{other:?}"),
    }
}

async fn pid(pool: &ChildPool) -> i32 {
    ask(pool, "who").await.unwrap().header().unwrap()
}

/// Dead, and perhaps not yet buried.
fn is_dead(pid: i32) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')),
        Err(_) => true,
    }
}

async fn a_child_answers() {
    let pool = pool("echo", LONG);
    let body = Bytes::from(vec![7; 3_000_000]);
    let mut conversation = pool.converse().await.unwrap();

    for round in 0..3 {
        conversation.send(&round, body.clone()).await.unwrap();
        let answer = conversation.receive().await.unwrap();
        assert_eq!(answer.header::<i32>().unwrap(), round);
        assert_eq!(answer.body, body);
    }
    conversation.done();
}

async fn a_child_is_used_again() {
    let pool = pool("pid", LONG);

    let (first, second) = (pid(&pool).await, pid(&pool).await);
    assert_eq!(first, second);

    pool.release_idle(Duration::ZERO);
    assert_ne!(pid(&pool).await, first);
}

async fn a_child_that_died_while_idle_is_replaced() {
    let pool = pool("pid", LONG);
    let first = pid(&pool).await;

    kill_process(Pid::from_raw(first).unwrap(), Signal::KILL).unwrap();
    while !is_dead(first) {
        tokio::task::yield_now().await;
    }

    assert_ne!(pid(&pool).await, first, "nobody's attempt is lost");
}

async fn a_child_that_crashes_is_a_passing_failure() {
    let pool = pool("crash", LONG);

    let why = why_it_failed(&pool).await;

    assert!(why.contains("it aborted") && why.contains("SIGABRT"), "{why}");
    why_it_failed(&pool).await;
}

async fn a_child_that_hangs_is_killed_at_the_deadline() {
    let pool = pool("hang", SOON);
    let mut conversation = pool.converse().await.unwrap();
    conversation.extend(LONG);
    let pid: i32 = conversation.receive().await.unwrap().header().unwrap();
    conversation.extend(SOON);

    let outcome = conversation.receive().await;

    let Err(error) = outcome else { panic!("it hangs") };
    assert!(error.is_transient() && error.chain().contains("it took too long"), "{}", error.chain());
    assert!(is_dead(pid));
}

async fn a_child_that_wants_too_much_memory_aborts() {
    let why = why_it_failed(&pool("allocate", LONG)).await;

    assert!(why.contains("it aborted") && why.contains("too much memory"), "{why}");
}

async fn a_child_that_uses_too_much_time_is_killed() {
    let why = why_it_failed(&pool("spin", LONG)).await;

    assert!(why.contains("it aborted"), "{why}");
}

async fn a_frame_that_is_too_large_is_refused() {
    let pool = pool("huge", LONG);

    why_it_failed(&pool).await;
    why_it_failed(&pool).await;
}

async fn half_a_frame_is_a_passing_failure() {
    why_it_failed(&pool("half", LONG)).await;
}

async fn a_child_knows_nothing_of_its_parent() {
    let answer = ask(&pool("environment", LONG), "please").await.unwrap();

    let (variables, directory): (Vec<String>, String) = answer.header().unwrap();
    let others: Vec<&String> = variables.iter().filter(|name| !name.starts_with("SSL_CERT_")).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(directory, "/");
}

async fn a_conversation_that_is_dropped_kills_the_child() {
    let pool = pool("hang", LONG);
    let mut conversation = pool.converse().await.unwrap();
    let pid: i32 = conversation.receive().await.unwrap().header().unwrap();

    drop(conversation);

    while !is_dead(pid) {
        tokio::task::yield_now().await;
    }
}

async fn no_more_children_than_places() {
    let pool = pool("pid", LONG);
    let held = pool.converse().await.unwrap();

    let early = futures::FutureExt::now_or_never(pool.converse());

    assert!(early.is_none());
    drop(held);
    pid(&pool).await;
}

async fn a_program_that_is_not_there_is_a_passing_failure() {
    let limits = ChildLimits { memory: 1, cpu_seconds: 1, file_size: 1 };
    let size = PoolSize { children: 1, keep: 1, time: LONG };
    let pool = ChildPool::new("/nowhere/quarry".into(), "echo", limits, size);

    assert!(matches!(ask(&pool, "please").await, Err(Error::Unavailable { .. })));
}

/// In a process of its own: has a child, says so, and waits to be killed.
async fn wait_with_a_child() {
    let pool = pool("hang", LONG);
    let mut conversation = pool.converse().await.unwrap();
    let pid: i32 = conversation.receive().await.unwrap().header().unwrap();
    println!("{pid}");
    std::future::pending::<()>().await;
}

/// The child holds the parent's standard error open, and reads nothing: the end of that stream is its death.
fn a_child_dies_with_its_parent() {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .arg("parent")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let pid: i32 = line.trim().parse().unwrap();
    assert!(!is_dead(pid));

    parent.kill().unwrap();
    parent.wait().unwrap();

    parent.stderr.take().unwrap().read_to_string(&mut line).unwrap();
    while !is_dead(pid) {
        std::thread::yield_now();
    }
}
