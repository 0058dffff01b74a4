//! The `workroom` binary.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use workroom_server::api::{App, AppConfig, MAX_LINE_BYTES};
use workroom_server::{config, surface};

fn main() {
    let app = App::new(AppConfig {
        home: config::home().unwrap_or_default(),
        durability: Default::default(),
        owner: config::owner(),
        max_line_bytes: MAX_LINE_BYTES,
        token_presented: config::token_presented(),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    if let Ok(runtime) = runtime {
        let _ = runtime.block_on(surface::stdio::serve(
            Arc::new(app),
            None,
            MAX_LINE_BYTES,
            CancellationToken::new(),
        ));
    }
}
