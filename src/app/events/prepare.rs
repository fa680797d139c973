//! From an event as a request has it to a command for the store: whether it is sound and its data fits its type's
//! schema, what makes a repetition recognisable, and where it goes.

use super::dedup::idempotency;
use super::draft::Draft;
use super::plan::planned;
use crate::app::core::App;
use crate::app::entropy::id_bits;
use crate::app::request_key::RequestKey;
use crate::app::schemas;
use crate::domain::event::NewEvent;
use crate::domain::fanout;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::reserved::is_reserved;
use crate::domain::time::Timestamp;
use crate::store::command::Accept;

/// What the events of one request may still cost, together.
#[derive(Default)]
pub(crate) struct Allowances {
    /// For checking them against schemas.
    pub(super) schemas: schemas::Allowance,
    /// For what they make.
    pub(super) plan: fanout::Allowance,
}

impl Draft {
    /// The event, if nothing is wrong with it; where its data does not fit its type's schema, that is reported
    /// together with what else is wrong.
    async fn sound(
        self,
        app: &App,
        allowance: &mut schemas::Allowance,
    ) -> Result<(NewEvent, String), Refusal> {
        let Self { event, source, mut faults } = self;
        if let Some(reserved) = event.as_ref().map(|event| &event.event_type).filter(|name| is_reserved(name))
        {
            let rule = "is reserved for Ringback itself and cannot be posted; choose another name";
            faults.add("/type", format_args!("\"{reserved}\" {rule}"));
        }
        if let (true, Some(event)) = (faults.any(), &event) {
            let misfit = fitting(app, event, allowance).await.err();
            for fault in misfit.into_iter().flat_map(|refusal| refusal.errors) {
                faults.add(&fault.pointer, fault.detail);
            }
        }
        Ok((faults.unless(event)?, source))
    }
}

/// Whether an event's data fits its type's schema, if that has one.
async fn fitting(app: &App, event: &NewEvent, allowance: &mut schemas::Allowance) -> Result<(), Refusal> {
    let declared = app.store.directory().event_type(event.account, &event.event_type).cloned();
    let Some(declared) = declared else { return Ok(()) };
    let (schemas, work) = (&app.schemas, &app.tenant_work);
    schemas.check(work, event.account, &declared, &event.data, allowance).await
}

/// The command that accepts an event, which has this place in the request with that key; the request's
/// `allowances` pay for checking its data and for what it makes.
///
/// # Errors
/// When something is wrong with it, its data is too large or does not fit its type's schema, or it goes to
/// too many webhooks.
pub(crate) async fn prepare(
    app: &App,
    draft: Draft,
    request: Option<(&RequestKey, u64)>,
    allowances: &mut Allowances,
    now: Timestamp,
) -> Result<Accept, Refusal> {
    let (event, source) = draft.sound(app, &mut allowances.schemas).await?;
    let most = app.rules().event_data_bytes;
    if event.data.len() > most {
        let detail = format!("data may have at most {most} bytes");
        return Err(
            Refusal::new(Code::TooLarge, detail).at("/data", format!("may have at most {most} bytes"))
        );
    }
    fitting(app, &event, &mut allowances.schemas).await?;
    let idempotency = idempotency(app, &event, &source, request, now).await?;
    let listeners = app.store.listeners(event.account, &event.event_type, &[]);
    let plan = planned(app, &event, listeners, Vec::new(), now, &mut allowances.plan).await?;
    Ok(Accept { event, plan, idempotency, random: id_bits()? })
}
