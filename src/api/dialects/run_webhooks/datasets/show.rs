//! What a dataset is, without its items.

use std::sync::Arc;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::runs::run_in_path;
use super::super::shape::Shape;
use super::super::view::Storage;
use super::super::window::{Data, data};
use crate::api::call::Call;
use crate::app::results::{LongRow, Rows, look_at};
use crate::domain::job::Job;
use crate::domain::result_rows::ResultRows;
use crate::http::problem::Problem;
use crate::http::reply::Json;
use crate::limits;

/// A run's dataset, without its items.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunDataset")]
pub struct DatasetView {
    #[serde(flatten)]
    storage: Storage,
    item_count: u64,
    /// How many have members that `clean` shows.
    clean_item_count: u64,
    console_url: String,
    /// Clients of some versions take no dataset without these. No one counts them here.
    stats: DatasetStats,
}

#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunDatasetStats")]
struct DatasetStats {
    read_count: u64,
    write_count: u64,
    delete_count: u64,
    storage_bytes: u64,
}

/// Answers `GET /v2/datasets/{id}`.
///
/// # Errors
/// When there is no such dataset.
pub async fn show(call: Box<Call>) -> Result<Json<Data<DatasetView>>, Problem> {
    let job = run_in_path(&call).await?;
    let dataset = DatasetView {
        item_count: job.result_count,
        clean_item_count: job.result_count - empty_items(&call, &job).await?,
        console_url: format!("{}/v2/datasets/{}/items", call.context.public_url, job.id),
        storage: Storage::of(&call, &job),
        stats: DatasetStats::default(),
    };
    data(StatusCode::OK, dataset)
}

/// How many items have no members that `clean` shows, as far as a bounded look goes.
async fn empty_items(call: &Call, job: &Job) -> Result<u64, Problem> {
    let (clean, account, id) = (Arc::new(Shape::clean()), job.account, job.id);
    let (mut from, mut empty, mut bytes) = (0, 0, 0);
    while bytes < limits::CLEAN_SCAN_BYTES {
        let clean = Arc::clone(&clean);
        // They are shaped where they are read: that may block.
        let look = move |rows: Result<ResultRows, LongRow>| {
            let rows = match rows {
                Ok(rows) => rows,
                // One that long has something in it.
                Err(LongRow(length)) => return (1, length, 0),
            };
            let mut empty = 0;
            rows.iter().for_each(|row| {
                clean.each(row, 0, &mut |item| {
                    empty += u64::from(item.is_none());
                    true
                });
            });
            (rows.len(), rows.text().len(), empty)
        };
        let asked = Rows { account, job: id, from, limit: u64::MAX, bytes: limits::RESULT_CHUNK_BYTES };
        let looked = look_at(&call.context.app, asked, limits::RESULT_ROW_BYTES, look).await?;
        let (count, length, without) = looked;
        if count == 0 {
            break;
        }
        (from, bytes, empty) = (from + count, bytes + length, empty + without);
    }
    // Rows that came since the job was read are not counted in either.
    Ok(empty.min(job.result_count))
}
