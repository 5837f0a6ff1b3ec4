//! Group commit for callers that come one by one.

use std::future::Future;
use tokio::sync::{mpsc, oneshot};

/// Collects single requests into batches: what arrives while one batch is under way goes into the next. Each caller
/// gets the answer to its own request.
#[derive(Debug)]
pub struct Batcher<I, O> {
    requests: mpsc::Sender<(I, oneshot::Sender<O>)>,
}

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Batcher {
            requests: self.requests.clone(),
        }
    }
}

impl<I: Send + 'static, O: Send + 'static> Batcher<I, O> {
    /// Starts the task that calls `run` with up to `limit` requests at a time; `run` answers each, in order. The task
    /// ends when the last clone of this batcher is gone and everything has been answered.
    pub fn spawn<F, Fut>(limit: usize, mut run: F) -> Batcher<I, O>
    where
        F: FnMut(Vec<I>) -> Fut + Send + 'static,
        Fut: Future<Output = Vec<O>> + Send,
    {
        let (requests, mut waiting) = mpsc::channel::<(I, oneshot::Sender<O>)>(limit * 4);
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(limit);
            while waiting.recv_many(&mut batch, limit).await > 0 {
                let (inputs, callers): (Vec<I>, Vec<_>) = batch.drain(..).unzip();
                for (caller, answer) in callers.into_iter().zip(run(inputs).await) {
                    // A caller that has gone away needs no answer.
                    let _ = caller.send(answer);
                }
            }
        });
        Batcher { requests }
    }

    /// Runs one request as part of some batch. `None` when the batcher's task is gone.
    pub async fn call(&self, request: I) -> Option<O> {
        let (answer, answered) = oneshot::channel();
        self.requests.send((request, answer)).await.ok()?;
        answered.await.ok()
    }
}
