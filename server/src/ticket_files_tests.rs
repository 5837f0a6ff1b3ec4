#![allow(clippy::unwrap_used)]
use super::*;
use axum::http::StatusCode;
use std::sync::{Condvar, Mutex};
use tokio::task::JoinSet;

/// Longer than anything takes that works.
const GATE_TIMEOUT: Duration = Duration::from_secs(10);

/// Files that are made as slowly as a story wants.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    open: bool,
    begun: usize,
    at_a_time: usize,
    most_at_a_time: usize,
}

impl Gate {
    /// Makes a file once the gate is open.
    fn make(&self) -> Result<Vec<u8>, Problem> {
        let mut state = self.state.lock().unwrap();
        state.begun += 1;
        state.at_a_time += 1;
        state.most_at_a_time = state.most_at_a_time.max(state.at_a_time);
        // Not for ever, or a story that fails would not end.
        let waited = self
            .changed
            .wait_timeout_while(state, GATE_TIMEOUT, |it| !it.open);
        let (mut state, _) = waited.unwrap();
        state.at_a_time -= 1;
        Ok(b"a file".to_vec())
    }

    fn open(&self) {
        self.state.lock().unwrap().open = true;
        self.changed.notify_all();
    }

    /// Waits until so many have begun, on threads of their own.
    async fn until_begun(&self, files: usize) {
        let begun = async {
            while self.begun() < files {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(GATE_TIMEOUT, begun).await.unwrap();
    }

    fn begun(&self) -> usize {
        self.state.lock().unwrap().begun
    }
}

fn files(at_a_time: usize, waiting: usize) -> Arc<TicketFiles> {
    let signer = TicketSigner::new([&b"a secret of the tests, long enough"[..]]).unwrap();
    Arc::new(TicketFiles {
        making: Bulkhead::new(at_a_time, waiting),
        ..TicketFiles::new(TicketPrinter::new().unwrap(), Arc::new(signer))
    })
}

fn qr(code: usize) -> TicketFile {
    TicketFile::Qr {
        code: code.to_string(),
        label: String::new(),
    }
}

/// Somebody asks for each of these files, all at once.
fn ask(
    files: &Arc<TicketFiles>,
    gate: &Arc<Gate>,
    codes: impl Iterator<Item = usize>,
) -> JoinSet<Result<Bytes, Problem>> {
    let mut asked = JoinSet::new();
    for code in codes {
        let (files, gate) = (files.clone(), gate.clone());
        asked.spawn(async move { files.file(qr(code), move || gate.make()).await });
    }
    asked
}

/// Until all that can go on without the gate has.
async fn settled() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_file_that_is_asked_for_two_hundred_times_at_once_is_made_once() {
    let (files, gate) = (files(4, 4), Arc::new(Gate::default()));
    let asked = ask(&files, &gate, std::iter::repeat_n(7, 200));
    settled().await;
    gate.open();
    for answer in asked.join_all().await {
        assert_eq!(answer.unwrap(), "a file");
    }
    assert_eq!(gate.begun(), 1);
    // It is kept, and another one is made.
    files.file(qr(7), || panic!("made again")).await.unwrap();
    ask(&files, &gate, 8..9).join_all().await;
    assert_eq!(gate.begun(), 2);
}

#[tokio::test]
async fn of_two_hundred_files_at_once_few_are_made_some_wait_and_the_rest_is_told_to_come_again() {
    let (files, gate) = (files(2, 30), Arc::new(Gate::default()));
    let mut asked = ask(&files, &gate, 0..200);
    for _ in 0..168 {
        let refused = asked.join_next().await.unwrap().unwrap().unwrap_err();
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.retry_after.is_some());
    }
    gate.until_begun(2).await;
    gate.open();
    for answer in asked.join_all().await {
        assert_eq!(answer.unwrap(), "a file");
    }
    assert_eq!(gate.begun(), 32);
    assert_eq!(gate.state.lock().unwrap().most_at_a_time, 2);
    // Those who come again get theirs.
    let again = ask(&files, &gate, 170..200).join_all().await;
    assert!(again.iter().all(Result::is_ok));
}

#[tokio::test]
async fn who_goes_away_keeps_the_turn_until_the_file_is_made() {
    let (files, gate) = (files(1, 30), Arc::new(Gate::default()));
    for code in 0..3 {
        let mut gone = ask(&files, &gate, code..code + 1);
        settled().await;
        gone.abort_all();
        while gone.join_next().await.is_some() {}
    }
    let asked = ask(&files, &gate, 9..10);
    settled().await;
    gate.open();
    assert_eq!(asked.join_all().await.len(), 1);
    assert_eq!(gate.state.lock().unwrap().most_at_a_time, 1);
    assert_eq!(gate.begun(), 2, "who went away while waiting needs none");
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let gate = Arc::new(Gate::default());
    let mut files = Arc::into_inner(files(1, 30)).unwrap();
    files.timeout = Duration::from_millis(100);
    let stuck = ask(&Arc::new(files), &gate, 0..20);
    for answer in stuck.join_all().await {
        assert_eq!(answer.unwrap_err().status, StatusCode::SERVICE_UNAVAILABLE);
    }
    gate.open();
}
