//! `/ws/shop`: stock as it changes.

use super::gauges;
use super::line::{End, Line};
use crate::state::App;
use axum::extract::ws::WebSocket;

/// Serves one reader to its end.
pub(crate) async fn serve(socket: WebSocket, app: App) {
    let mut stock = app.gauges.stock.subscribe();
    let now = app.read_model.now();
    let cursor = now.cursor();
    let opened = Line::open(socket, app.shutdown.clone(), &app.assets.build, &cursor).await;
    let Ok(mut line) = opened else { return };
    let end = match line.send(vec![gauges::stock(&now).at(&cursor)]).await {
        Ok(()) => watch(&mut line, &app, &mut stock).await,
        Err(end) => end,
    };
    line.close(end).await;
}

async fn watch(line: &mut Line, app: &App, stock: &mut super::Gauge) -> End {
    loop {
        tokio::select! {
            end = line.listen() => return end,
            Ok(()) = stock.changed() => {
                // Stock has no history to resume: whatever came before, this is how it is now.
                let cursor = app.read_model.now().cursor();
                let body = stock.borrow_and_update().clone();
                if let Err(end) = line.send(body.iter().map(|body| body.at(&cursor)).collect()).await {
                    return end;
                }
            }
        }
    }
}
