//! All routes, and what each needs of a person. A route is made of a gate and a handler behind it; there is no way to
//! make one without.

use super::fields::{Asked, Posted};
use super::gates::Gate;
use super::{
    Console, activity, assets, changes, customers, explain, findings, held, oidc, overview, people, plan, products,
    replay, settings, setup, sign_in, statement, syncs, tickets,
};
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{self, MethodRouter};
use shared::person::Role;

/// What a route needs of who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: anybody may ask.
    Nothing,
    /// A session, whatever the person may do.
    Session,
    /// A session of a person with this role, or one that may do more.
    Role(Role),
}

/// A page or a form.
#[derive(Debug)]
pub struct Route {
    /// `GET`, or `POST` where something is changed.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// What it needs, which is what its handler's first argument asks for.
    pub needs: Needs,
    pub(super) serve: MethodRouter<Console>,
}

fn page<G: Gate, M: 'static, H: Handler<(M, G, Asked), Console>>(path: impl Into<String>, handler: H) -> Route {
    Route { method: Method::GET, path: path.into(), needs: G::NEEDS, serve: routing::get(handler) }
}

fn form<G: Gate, M: 'static, H: Handler<(M, G, Posted), Console>>(path: impl Into<String>, handler: H) -> Route {
    Route { method: Method::POST, path: path.into(), needs: G::NEEDS, serve: routing::post(handler) }
}

/// Every route there is.
pub fn routes() -> Vec<Route> {
    vec![
        page(assets::css_path(), assets::css),
        page(assets::script_path(), assets::script),
        page("/sign-in", sign_in::page),
        form("/sign-in", sign_in::sign_in),
        form("/sign-in/link", sign_in::new_link),
        page(oidc::LEAVE, oidc::leave),
        page(oidc::COME_BACK, oidc::come_back),
        form("/sign-out", sign_in::sign_out),
        page("/", overview::page),
        page("/sync", syncs::progress),
        page("/news", syncs::news),
        form("/sync", syncs::sync_now),
        page("/setup", setup::page),
        form("/setup", setup::offer),
        form("/setup/test", setup::test),
        page("/setup/progress", setup::progress),
        page("/setup/customers", setup::customers),
        page("/setup/products", setup::products),
        page("/setup/review", setup::review),
        form("/setup/plan", setup::plan_now),
        page("/setup/finish", setup::finish),
        form("/setup/finish", setup::finish_now),
        page("/plan", plan::page),
        page("/plan/lines.csv", plan::lines_file),
        page("/plan/findings.csv", plan::findings_file),
        form("/plan/approve", plan::approve),
        form("/plan/decide", plan::decide),
        form("/plan/sync", plan::sync_now),
        page("/plan/held.csv", held::file),
        form("/plan/held", held::approve),
        page("/findings", findings::page),
        page("/findings.csv", findings::file),
        form("/findings", findings::mark),
        form("/findings/sync", findings::sync),
        page("/explain", explain::page),
        page("/statement", statement::page),
        page("/statement/days.csv", statement::file),
        page("/activity", activity::page),
        page("/activity/events.csv", activity::file),
        page("/customers", customers::page),
        form("/customers", customers::edit),
        form("/customers/suggestions", customers::accept_all),
        page("/products", products::page),
        page("/products/item", products::item_page),
        form("/products/item", products::edit),
        form("/products/storage", products::edit_storage),
        page("/settings", settings::page),
        form("/settings", settings::edit),
        form("/settings/contract", settings::edit_contract),
        page("/tickets", tickets::page),
        form("/tickets/settings", tickets::edit_settings),
        page("/tickets/type", tickets::type_page),
        form("/tickets/type", tickets::edit),
        page("/tickets/category", tickets::category),
        form("/tickets/category", tickets::edit_category),
        page("/tickets/replay", replay::page),
        page("/tickets/replay/tickets.csv", replay::file),
        page("/tickets/replay/progress", replay::progress),
        form("/tickets/replay", replay::ask),
        page("/changes", changes::page),
        form("/changes", changes::apply),
        form("/changes/edit", changes::edit),
        page("/people", people::page),
        form("/people", people::change_role),
    ]
}
