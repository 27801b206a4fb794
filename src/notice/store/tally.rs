//! SQL of the tally: a whole campaign at once.

use crate::app::App;

/// Every notice about a campaign's applications: its `dedup`, application, recipient's kind and state.
pub async fn of_campaign(
    app: &App,
    campaign_id: &str,
) -> sqlx::Result<Vec<(String, String, String, String)>> {
    let sql = "SELECT n.dedup, n.application_id, n.recipient_kind, n.state FROM notices n \
               JOIN applications a ON a.id = n.application_id WHERE a.campaign_id = $1";
    sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(app.db.read())
        .await
}
