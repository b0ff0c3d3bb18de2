//! Pages of lists of modules.

use store::modules::{self, Filter, Module};

use super::{
    database::Database,
    fixtures::{module, ok_version, scope},
};

for_each_database! { pages_are_parts_of_one_order filters_narrow_every_page what_is_past_the_end_is_empty
searches_that_find_many_are_paged_like_those_that_find_few }

/// Three namespaces with 1, 7 and 4 modules; the first module of each can be installed.
async fn fill(database: &Database) {
    database
        .write(|session| {
            for (name, count) in [("zoo", 1), ("acme", 7), ("mid", 4)] {
                let scope = scope(session, name)?;
                for at in (0..count).rev() {
                    let made = module(session, &scope, &format!("net-{at}"))?;
                    if at == 0 {
                        ok_version(session, &made, "1.0.0", "text")?;
                    }
                }
            }
            Ok(())
        })
        .await;
}

async fn page(database: &Database, filter: &Filter, page: (i64, i64)) -> (Vec<String>, i64) {
    let filter = filter.clone();
    let (found, total) = database.read(move |session| modules::list(session, &filter, page)).await;
    (found.iter().map(|module: &Module| module.address().to_string()).collect(), total)
}

async fn pages_are_parts_of_one_order(database: &Database) {
    fill(database).await;
    let (all, total) = page(database, &Filter::default(), (0, 100)).await;
    assert_eq!(total, 12);
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!((all.len(), &all), (12, &sorted));
    assert_eq!(
        (all[0].as_str(), all[7].as_str(), all[11].as_str()),
        ("acme/net-0/aws", "mid/net-0/aws", "zoo/net-0/aws")
    );
    for limit in 1..=13 {
        for offset in 0..13 {
            let (found, total) = page(database, &Filter::default(), (offset, limit)).await;
            let expected: Vec<String> = all
                .iter()
                .skip(usize::try_from(offset).unwrap())
                .take(usize::try_from(limit).unwrap())
                .cloned()
                .collect();
            assert_eq!((found, total), (expected, 12), "{offset} {limit}");
        }
    }
}

async fn filters_narrow_every_page(database: &Database) {
    fill(database).await;
    let mid = database.read(|session| store::scopes::find(session, "mid")).await.unwrap().id.to_string();
    let search = |text: &str| Filter { search: Some(text.to_owned()), ..Filter::default() };
    for (filter, at, expected, total) in [
        (Filter { scopes: vec![mid.clone()], ..Filter::default() }, (2, 10), vec!["mid/net-2/aws", "mid/net-3/aws"], 4),
        (Filter { installable: true, ..Filter::default() }, (1, 10), vec!["mid/net-0/aws", "zoo/net-0/aws"], 3),
        (Filter { providers: vec!["aws".into(), "x".into()], ..search("NET-6") }, (0, 10), vec!["acme/net-6/aws"], 1),
        (Filter { providers: vec!["google".into()], ..Filter::default() }, (0, 10), vec![], 0),
        (search("net-3"), (0, 10), vec!["acme/net-3/aws", "mid/net-3/aws"], 2),
        (search("net-3"), (1, 1), vec!["mid/net-3/aws"], 2),
        (search("ZO"), (0, 10), vec!["zoo/net-0/aws"], 1),
        (Filter { scopes: vec![mid], ..search("acme") }, (0, 10), vec![], 0),
    ] {
        let (found, count) = page(database, &filter, at).await;
        assert_eq!((found, count), (expected.iter().map(|it| (*it).to_owned()).collect(), total), "{filter:?}");
    }
}

async fn searches_that_find_many_are_paged_like_those_that_find_few(database: &Database) {
    fill(database).await;
    let id = database.read(|session| store::scopes::find(session, "mid")).await.unwrap().id;
    database.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 2099) \
         INSERT INTO modules (id, scope_id, namespace_id, name, provider, publishing, display_identifier, source_directory, \
           tag_prefix, vanished_tags, status, description, no_code, downloads, revision, wish, created_at, updated_at) \
         SELECT 'mod-' || i, '{id}', '{id}', 'm' || i, 'aws', 'non_vcs', '', '', '', 'keep', 'pending', \
           CASE WHEN i < 1050 THEN 'Rare' ELSE 'Common' END, FALSE, 0, 1, 0, 0, 0 FROM n"
    ));
    let search = |text: &str| Filter { search: Some(text.to_owned()), ..Filter::default() };
    let named = |numbers: std::ops::Range<i32>| numbers.map(|it| format!("mid/m{it}/aws")).collect::<Vec<_>>();

    assert_eq!(page(database, &search("rare"), (48, 5)).await, (named(1048..1050), 50));
    assert_eq!(page(database, &search("common"), (0, 2)).await, (named(1050..1052), 1050));
    assert_eq!(page(database, &search("common"), (1045, 100)).await, (named(2095..2100), 1050));
    assert_eq!(page(database, &search("common"), (1050, 1)).await, (vec![], 1050));
    let (found, total) = page(database, &search("a"), (6, 3)).await;
    assert_eq!((found[0].as_str(), found[1].as_str(), total), ("acme/net-6/aws", "mid/m1000/aws", 1112));
}

async fn what_is_past_the_end_is_empty(database: &Database) {
    fill(database).await;
    for at in [(12, 20), (1_000_000_000, 100), (i64::MAX, 100), (i64::MAX, i64::MAX)] {
        assert_eq!(page(database, &Filter::default(), at).await, (vec![], 12), "{at:?}");
    }
}
