//! Replies of Acronis as its documents allow, and as they do not: what is new to us is let pass, and a figure that
//! is none gives nobody a wrong quota.

use crate::stage::Stage;
use it::wire::{Operation, Reply, Request, Strike};
use serde_json::{Value, json};
use shared::run::Outcome;

type Change = fn(&Request, &mut Reply);

fn change(reply: &mut Reply, change: impl FnOnce(&mut Value)) {
    let mut body: Value = serde_json::from_slice(&reply.body).expect("it is JSON");
    change(&mut body);
    reply.body = body.to_string().into_bytes();
}

fn each_item(reply: &mut Reply, each: impl Fn(&mut Value)) {
    change(reply, |body| body["items"].as_array_mut().expect("a list").iter_mut().for_each(&each));
}

/// What the vendor may add any day.
const NEW: [(&str, Operation, Change); 8] = [
    ("unknown properties", Operation::ItemsOfTenant, |_, reply| {
        each_item(reply, |item| item["shade"] = json!({"of": ["blue"]}));
        change(reply, |body| body["weather"] = json!("fine"));
    }),
    ("locked is null", Operation::ItemsOfTenant, |_, reply| each_item(reply, |item| item["locked"] = Value::Null)),
    ("an item of a new type and unit", Operation::ItemsOfTenant, |_, reply| {
        change(reply, |body| {
            let items = body["items"].as_array_mut().expect("a list");
            let mut new = items[0].clone();
            new["name"] = json!("pw_base_toasters");
            new["type"] = json!("subscription");
            new["measurement_unit"] = json!("slices");
            new["edition"] = json!("pck_toasted");
            items.push(new);
        });
    }),
    ("versions as text", Operation::ItemsOfTenant, |_, reply| {
        each_item(reply, |item| {
            let version = item["quota"]["version"].as_u64();
            if let Some(version) = version {
                item["quota"]["version"] = json!(version.to_string());
            }
        });
    }),
    ("pricing with its version as text and more", Operation::Pricing, |_, reply| {
        change(reply, |body| {
            body["version"] = json!(body["version"].as_u64().expect("a version").to_string());
            body["discount"] = json!(3);
            body["currency"] = Value::Null;
        });
    }),
    ("a new word for two factors", Operation::TwoFactor, |_, reply| {
        change(reply, |body| {
            body["mfa_status"] = json!("disable_in_progress");
            body["update_allowed"] = Value::Null;
            body["grace"] = json!(7);
        });
    }),
    ("offers of a new kind", Operation::Available, |_, reply| {
        each_item(reply, |item| item["promise"] = json!(true));
        change(reply, |body| {
            let items = body["items"].as_array_mut().expect("a list");
            let mut new = items[0].clone();
            new["name"] = json!("pw_base_toasters");
            new["type"] = json!("subscription");
            items.push(new);
        });
    }),
    ("tenants with more", Operation::Tenants, |_, reply| {
        each_item(reply, |tenant| {
            tenant["customer_type"] = json!("galactic");
            tenant["mood"] = json!("good");
        });
    }),
];

#[tokio::test]
async fn p2_what_the_vendor_adds_to_its_replies_is_let_pass() {
    let stage = Stage::new().await;
    for (case, operation, rewrite) in NEW {
        let buyer = stage.plain_buyer(&format!("Neu: {case}"));
        stage.wire.strike(operation, 0, usize::MAX, Strike::Rewrite(rewrite));
        let run = stage.quotas().await;
        assert!(stage.wire.struck() > 0, "{case}");
        stage.wire.mend();
        assert_eq!(run.record.outcome, Outcome::Complete, "{case}: {:?}", run.record);
        stage.has_one_tenant(&buyer).await;
    }
}

#[tokio::test]
async fn p2_a_pricing_mode_that_is_new_to_us_is_left_as_it_is() {
    let stage = Stage::new().await;
    let buyer = stage.plain_buyer("Neuer Tarif GmbH");
    let mystery: Change = |_, reply| change(reply, |body| body["mode"] = json!("mystery"));
    stage.wire.strike(Operation::Pricing, 0, usize::MAX, Strike::Rewrite(mystery));
    stage.sandbox.clear_requests();
    stage.quotas_complete().await;
    assert_eq!(stage.asked("acronis.set_pricing"), 0);
    let tenant = stage.tenants_of(&buyer).remove(0);
    stage.has_what_was_bought(&buyer, &tenant.id);
}

/// Figures that are none; `quota.value` of every item that is listed.
const NO_FIGURES: [(&str, Change); 6] = [
    ("a part of one", |_, reply| each_item(reply, |item| item["quota"]["value"] = json!(1.5))),
    ("less than none", |_, reply| each_item(reply, |item| item["quota"]["value"] = json!(-1))),
    ("a text", |_, reply| each_item(reply, |item| item["quota"]["value"] = json!("12"))),
    ("beyond counting", |_, reply| each_item(reply, |item| item["quota"]["value"] = json!(1e30))),
    ("a version that is none", |_, reply| each_item(reply, |item| item["quota"]["version"] = json!("newest"))),
    ("no status", |_, reply| each_item(reply, |item| item["status"] = Value::Null)),
];

#[tokio::test]
async fn q6_a_figure_that_is_none_gives_nobody_a_quota_and_is_made_good_once_it_is_one() {
    let stage = Stage::new().await;
    for (case, rewrite) in NO_FIGURES {
        let (buyer, other) =
            (stage.plain_buyer(&format!("Krumm: {case}")), stage.plain_buyer(&format!("Auch krumm: {case}")));
        stage.wire.strike(Operation::ItemsOfTenant, 0, usize::MAX, Strike::Rewrite(rewrite));
        stage.sandbox.clear_requests();
        let run = stage.quotas().await;
        assert!(matches!(run.record.outcome, Outcome::Failed(_)), "{case}: {:?}", run.record);
        assert_eq!(stage.asked("acronis.set_offering_items"), 0, "{case}");
        stage.wire.mend();
        stage.quotas_complete().await;
        stage.has_one_tenant(&buyer).await;
        stage.has_one_tenant(&other).await;
    }
}
