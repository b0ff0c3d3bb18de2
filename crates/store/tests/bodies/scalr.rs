//! What the Scalr API asks of connections, module namespaces and descriptions.

use domain::{Error, Id, Publishing, kinds};
use store::{
    Connection,
    connection_search::{self, Hosts, Search},
    connections::{self, NewConnection},
    modules::{self, Description, NewModule},
    namespace_shares,
    repositories::{self, Facts},
    scopes::{self, ENVIRONMENT, MODULE_NAMESPACE, NewScope, Scope},
};

use super::{
    database::Database,
    fixtures::{repository, scope},
};

for_each_database! {
    connections_are_found_by_their_hosts
    an_environment_may_use_what_is_given_to_it_and_what_is_open_in_its_account
    a_description_by_hand_stays_when_the_host_says_another
}

const GITHUB: &str = "https://github.com";

fn connection(session: &mut Connection, scope: &Id<kinds::Scope>, kind: &str, url: &str) -> Result<(), Error> {
    let id = Id::random();
    let new = NewConnection {
        id: &id,
        scope,
        kind,
        name: None,
        http_url: url,
        api_url: "",
        client_key: None,
        secret_sealed: None,
        organization_scoped: true,
    };
    connections::insert(session, &new).map(drop)
}

async fn connections_are_found_by_their_hosts(database: &Database) {
    let rows =
        [("git", "https://a.test"), ("github_app", GITHUB), ("github_app", "https://z.test"), ("gitlab", GITHUB)];
    database
        .write(move |session| {
            let acme = scope(session, "acme")?;
            rows.iter().try_for_each(|(kind, url)| connection(session, &acme.id, kind, url))
        })
        .await;
    let apps = || Some(("github_app", vec![GITHUB.to_owned(), format!("{GITHUB}/")]));
    let git = || Hosts { kinds: vec!["git".to_owned()], ..Hosts::default() };
    for (hosts, expected) in [
        (None, &rows[..]),
        (Some(Hosts::default()), &[]),
        (Some(git()), &rows[..1]),
        (Some(Hosts { at: apps(), ..git() }), &rows[..2]),
        (Some(Hosts { elsewhere: apps(), ..Hosts::default() }), &rows[2..3]),
        (Some(Hosts { at: apps(), elsewhere: apps(), ..git() }), &rows[..3]),
    ] {
        let shown = format!("{hosts:?}");
        let search = Search { hosts, ..Search::default() };
        let (found, total) = database.read(move |session| connection_search::search(session, &search, (0, 10))).await;
        let mut found: Vec<_> = found.iter().map(|it| (it.kind.as_str(), it.http_url.as_str())).collect();
        found.sort_unstable();
        assert_eq!((found.as_slice(), total), (expected, i64::try_from(expected.len()).unwrap()), "{shown}");
    }
}

fn within(session: &mut Connection, account: &Scope, kind: &str, name: &str, is_shared: bool) -> Result<Scope, Error> {
    let name = name.parse()?;
    scopes::insert(session, &NewScope { kind, parent: Some(&account.id), is_shared, ..NewScope::account(&name) })
}

async fn an_environment_may_use_what_is_given_to_it_and_what_is_open_in_its_account(database: &Database) {
    let (usable, expected) = database
        .write(|session| {
            let (acme, other) = (scope(session, "acme")?, scope(session, "other")?);
            let prod = within(session, &acme, ENVIRONMENT, "prod", false)?;
            let lab = within(session, &acme, ENVIRONMENT, "lab", false)?;
            let open = within(session, &acme, MODULE_NAMESPACE, "open", true)?;
            let given = within(session, &acme, MODULE_NAMESPACE, "given", false)?;
            let neighbours = within(session, &acme, MODULE_NAMESPACE, "neighbours", false)?;
            within(session, &acme, MODULE_NAMESPACE, "closed", false)?;
            within(session, &other, MODULE_NAMESPACE, "elsewhere", true)?;
            namespace_shares::set(session, &given.id, &[prod.id.clone(), lab.id.clone()])?;
            namespace_shares::set(session, &neighbours.id, &[lab.id])?;
            let mut usable = namespace_shares::list_usable(session, &[prod])?;
            let mut expected = vec![open.id.to_string(), given.id.to_string()];
            usable.sort_unstable();
            expected.sort_unstable();
            Ok((usable, expected))
        })
        .await;
    assert_eq!(usable, expected);
}

async fn a_description_by_hand_stays_when_the_host_says_another(database: &Database) {
    let descriptions = database
        .write(|session| {
            let acme = scope(session, "acme")?;
            let repository = repository(session, &acme.id, "acme/mono")?;
            let provider = "aws".parse()?;
            let mut ids = Vec::new();
            for (name, description) in
                [("ours", Description::Own("By hand")), ("theirs", Description::OfRepository("As the host said"))]
            {
                let name = name.parse()?;
                let new = NewModule::new(&acme, &name, &provider, Publishing::Tags);
                let new = NewModule { repository: Some(&repository.id), description, ..new };
                ids.push(modules::insert(session, &new)?.id);
            }
            let facts = Facts { remote_id: "1", description: "As the host says", web_url: "", default_branch: None };
            repositories::set_facts(session, &repository.id, &facts)?;
            ids.iter().map(|id| Ok(modules::load(session, id.as_str())?.description)).collect::<Result<Vec<_>, Error>>()
        })
        .await;
    assert_eq!(descriptions, ["By hand", "As the host says"]);
}
