//! Every route of the served documents, called by everybody: what each is told follows from the access that the route
//! documents, and what one may not see is, byte for byte, what does not exist.

#[path = "matrix/callers.rs"]
mod callers;
#[path = "matrix/table.rs"]
mod table;
#[path = "matrix/world.rs"]
mod world;

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::Value;

use callers::{Caller, Expected};
use table::{Line, Needs};
use world::{Subject, World};

/// An operation of a document.
struct Route {
    id: String,
    method: Method,
    path: String,
    access: String,
    /// Its one good status.
    good: u16,
    /// Who may see a thing and not do this is told so.
    forbids: bool,
}

fn routes(document: &Value) -> Result<Vec<Route>> {
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().context("a document without paths")? {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let text = |name: &str| operation[name].as_str().unwrap_or_default().to_owned();
            let mut statuses = operation["responses"].as_object().into_iter().flatten().map(|(status, _)| status);
            let good =
                statuses.find(|status| status.as_str() < "400").with_context(|| format!("{path} is never good"))?;
            routes.push(Route {
                id: text("operationId"),
                method: method.to_uppercase().parse()?,
                path: path.clone(),
                access: text("x-access"),
                good: good.parse()?,
                forbids: !operation["responses"]["403"].is_null(),
            });
        }
    }
    // What the others need goes last.
    routes.sort_by_key(|route| route.id == "delete_organization");
    Ok(routes)
}

/// The line of each route. A route without a line, and a line without a route, fail.
fn lines<'a>(routes: &'a [Route], table: &'a [Line]) -> Result<Vec<(&'a Route, &'a Line)>> {
    for (id, ..) in table {
        ensure!(routes.iter().any(|route| route.id == *id), "no route is called `{id}`: drop its line from the matrix");
    }
    let line = |route: &'a Route| {
        let found = table.iter().find(|(id, ..)| *id == route.id);
        let missing = || format!("`{}` ({} {}) needs a line in matrix/table.rs", route.id, route.method, route.path);
        found.map(|line| (route, line)).with_context(missing)
    };
    routes.iter().map(line).collect()
}

/// The whole matrix of one document; the number of calls.
async fn check(world: &World, document: &str, table: &[Line]) -> Result<usize> {
    let routes = routes(&world.document(document).await?)?;
    let mut calls = 0;
    for (route, line) in lines(&routes, table)? {
        calls += check_route(world, route, line).await.with_context(|| format!("{} {}", route.method, route.path))?;
    }
    Ok(calls)
}

/// All who are refused try it on one thing, which is then still there for the first who may.
async fn check_route(world: &World, route: &Route, line: &Line) -> Result<usize> {
    let (_, needs, query, body) = line;
    let call = async |caller: Caller, subject: &Subject| {
        let path = subject.fill(&format!("{}{query}", route.path));
        world.call(caller, &route.method, &path, &body(subject)).await
    };
    let names_something = route.access != "open" && (route.path.contains('{') || *needs != Needs::Nothing);
    let mut subject = world.fresh(*needs).await?;
    let mut calls = 0;
    for caller in Caller::ALL {
        if route.id == "delete_organization" && caller == Caller::Administrator {
            // The owner has just done it.
            continue;
        }
        let expected = caller.expects(&route.access, route.forbids)?;
        let answer = call(caller, &subject).await?;
        let status = expected.status(route.good);
        ensure!(answer.status == status, "{caller:?} expects {status} and is told {answer:?} of {subject:?}");
        calls += 1;
        if expected == Expected::Missing || (caller == Caller::Administrator && names_something) {
            let missing = call(caller, &subject.missing()).await?;
            ensure!(missing.status == 404, "{caller:?} is told {missing:?} of what does not exist");
            let told = answer.about(&subject);
            let told_of_nothing = missing.about(&subject.missing());
            ensure!(
                expected == Expected::Good || told == told_of_nothing,
                "{caller:?} can tell {answer:?} from {missing:?}"
            );
            calls += 1;
        }
        if expected == Expected::Good && route.method != Method::GET {
            subject = world.fresh(*needs).await?;
        }
    }
    Ok(calls)
}

#[tokio::test]
async fn everybody_is_told_what_follows_from_the_access_of_a_route() -> Result<()> {
    let world = World::start().await?;
    // The registry protocol is about the version that the other document deletes in the end.
    let registry = check(&world, "/api/registry/v1/openapi.json", table::REGISTRY).await?;
    let scalr = check(&world, "/api/iacp/v3/openapi.json", table::SCALR).await?;
    world.empty_account().await?;
    let tfe = check(&world, "/api/v2/openapi.json", table::TFE).await?;
    println!("{} calls", registry + scalr + tfe);
    Ok(())
}
