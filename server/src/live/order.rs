//! `/ws/orders/{id}`: an order as it changes.

use super::frames::Body;
use super::line::{End, Line};
use crate::access::Access;
use crate::error::Problem;
use crate::state::App;
use axum::extract::ws::WebSocket;
use domain::OrderStatus;
use domain::live::News;
use domain::view::OrderView;
use std::time::Duration;

/// The shortest time between two messages: what happens in between is one message.
const PACE: Duration = Duration::from_millis(100);

/// Serves one reader to its end.
pub(crate) async fn serve(socket: WebSocket, app: App, access: Access) {
    let cursor = app.read_model.now().cursor();
    let opened = Line::open(socket, app.shutdown.clone(), &app.assets.build, &cursor).await;
    let Ok(mut line) = opened else { return };
    let end = watch(&mut line, &app, access).await;
    line.close(end).await;
}

async fn watch(line: &mut Line, app: &App, access: Access) -> End {
    let mut watcher = app.watchers.watch(access.order_id);
    let mut said: Option<OrderView> = None;
    loop {
        // The cursor first: what happens in between is told again rather than never.
        let cursor = app.read_model.now().cursor();
        let view = match access.view(app).await {
            Ok(view) => view,
            Err(problem) => return ended_by(&problem),
        };
        if said.as_ref() != Some(&view) {
            let news = News::Order(Box::new(view.clone()));
            if let Err(end) = line.send(vec![Body::new(&news).at(&cursor)]).await {
                return end;
            }
            said = Some(view);
        }
        let pause = async {
            tokio::time::sleep(PACE).await;
            tokio::select! {
                () = watcher.news() => {}
                () = place_in_line_changes(said.as_ref()) => {}
            }
        };
        tokio::select! {
            end = line.listen() => return end,
            () = pause => {}
        }
    }
}

/// When to look at the order's place in line again. Whoever waits long is told less often.
async fn place_in_line_changes(view: Option<&OrderView>) {
    let Some(view) = view.filter(|view| view.status == OrderStatus::Received) else {
        return std::future::pending().await;
    };
    let seconds = view.wait.and_then(|wait| wait.seconds);
    let wait = seconds.map_or(0, |seconds| seconds.to / 50);
    tokio::time::sleep(Duration::from_secs(wait.clamp(1, 10))).await;
}

/// The order under this id has turned out to be another's, or it cannot be read now.
fn ended_by(problem: &Problem) -> End {
    if problem.status.is_client_error() {
        End::Over
    } else {
        End::Failed
    }
}
