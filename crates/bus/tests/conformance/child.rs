//! A second process, to be killed: this test binary once more, with a role.

use crate::{
    bench::{Bench, connected_log, connected_queue},
    support::*,
};
use bus::{BusOptions, CommandQueue, EventLog, Queue, Topic};
use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    process::{Child as Process, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::sync::mpsc;

const ROLE: &str = "FESTFLOW_TEST_ROLE";
const QUEUE: &str = "FESTFLOW_TEST_ROLE_QUEUE";
const LOG: &str = "FESTFLOW_TEST_ROLE_LOG";
const PREFIX: &str = "FESTFLOW_TEST_ROLE_PREFIX";
/// Before everything that it says, among what the test runner prints.
const SAYS: &str = "child says ";

/// What the second process does until it is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sends orders from many tasks, and says the number of each that is confirmed.
    Send,
    /// The same, except that it says so before it is.
    SendCarelessly,
    /// Appends to the log from many tasks, and says the number of each that is confirmed.
    Append,
    /// Takes ten orders, says so and keeps them.
    TakeOrders,
    /// Takes ten orders, settles them at once, says so, and never does the work.
    TakeOrdersCarelessly,
    /// Takes ten records as the group `group`, settles five, says so and keeps the rest.
    TakeRecords,
    /// Says the number of each order that comes, and settles it.
    Consume,
}

const ROLES: [Role; 7] = [
    Role::Send,
    Role::SendCarelessly,
    Role::Append,
    Role::TakeOrders,
    Role::TakeOrdersCarelessly,
    Role::TakeRecords,
    Role::Consume,
];

/// The second process as its parent sees it. It ends with its owner.
pub struct Child {
    process: Process,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Child {
    /// Starts it on the ports of `bench`.
    pub fn start(bench: &Bench, role: Role) -> Child {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child::the_other_process", "--nocapture"])
            .env(ROLE, format!("{role:?}"))
            .env(QUEUE, &bench.queue_url)
            .env(LOG, &bench.log_url)
            .env(PREFIX, &bench.prefix)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if let Some((_, said)) = line.split_once(SAYS) {
                    let _ = sender.send(said.to_owned());
                }
            }
        });
        Child { process, lines }
    }

    /// Waits for the next thing that it says.
    pub async fn says(&mut self) -> String {
        let line = soon("the other process says something", self.lines.recv()).await;
        line.expect("the other process has ended")
    }

    /// Waits until it has said `count` numbers.
    pub async fn numbers(&mut self, count: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            numbers.push(self.says().await.parse().unwrap());
        }
        numbers
    }

    /// kill -9; returns the numbers that it had said and nobody had heard.
    pub async fn kill(mut self) -> Vec<u32> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let mut numbers = Vec::new();
        while let Some(line) = self.lines.recv().await {
            // The last line may have been cut by the kill.
            numbers.extend(line.parse::<u32>());
        }
        numbers
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Nothing, unless this process is somebody's [`Child`].
#[tokio::test(flavor = "multi_thread")]
async fn the_other_process() {
    let Ok(name) = env::var(ROLE) else { return };
    // Its parent's end of the pipe closes with the parent, however that ends.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(1);
    });
    let role = ROLES
        .into_iter()
        .find(|role| format!("{role:?}") == name)
        .unwrap();
    let options = BusOptions {
        prefix: env::var(PREFIX).unwrap(),
        ..BusOptions::default()
    };
    let queue = connected_queue(&env::var(QUEUE).unwrap(), &options).await;
    let log = connected_log(&env::var(LOG).unwrap(), &options).await;
    match role {
        Role::Send | Role::SendCarelessly | Role::Append => send(role, queue, log).await,
        Role::TakeOrders | Role::TakeOrdersCarelessly => take_orders(role, &*queue).await,
        Role::TakeRecords => take_records(&*log).await,
        Role::Consume => consume(&*queue).await,
    }
    std::future::pending::<()>().await;
}

async fn send(role: Role, queue: Arc<dyn CommandQueue>, log: Arc<dyn EventLog>) {
    if role == Role::SendCarelessly {
        (0..500).for_each(say);
        // It would send them now.
        std::future::pending::<()>().await;
    }
    let next = Arc::new(AtomicU32::new(0));
    for _ in 0..50 {
        let (queue, log, next) = (queue.clone(), log.clone(), next.clone());
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                match role {
                    Role::Append => log.append(facts([number])).await.unwrap(),
                    _ => queue.send(orders([number])).await.unwrap(),
                }
                say(number);
            }
        });
    }
}

async fn take_orders(role: Role, queue: &dyn CommandQueue) {
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    let taken = take(&mut *source, 10).await;
    if role == Role::TakeOrdersCarelessly {
        source.settle(&receipts(&taken)).await.unwrap();
    }
    numbers(&taken).into_iter().for_each(say);
    std::future::pending::<()>().await;
}

async fn take_records(log: &dyn EventLog) {
    let mut source = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
    let taken = take(&mut *source, 10).await;
    source.settle(&receipts(&taken[..5])).await.unwrap();
    eventually("half is settled", async || {
        log.lag("group", Topic::Analytics).await.unwrap() == 5
    })
    .await;
    numbers(&taken[5..]).into_iter().for_each(say);
    std::future::pending::<()>().await;
}

async fn consume(queue: &dyn CommandQueue) {
    let mut source = queue.consume(Queue::Orders, 100).await.unwrap();
    loop {
        let taken = source.take(100, LINGER).await.unwrap();
        source.settle(&receipts(&taken)).await.unwrap();
        numbers(&taken).into_iter().for_each(say);
    }
}

fn say(number: u32) {
    let mut out = std::io::stdout().lock();
    // Nobody hears it when the parent is gone, and then this process ends too.
    let _ = writeln!(out, "{SAYS}{number}");
    let _ = out.flush();
}
