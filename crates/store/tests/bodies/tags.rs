//! Tags of modules and versions.

use store::{
    modules,
    tag_bindings::{self, Tagged},
    versions,
};

use super::{
    database::Database,
    fixtures::{acme_network, version},
};

for_each_database! { tags_are_replaced_and_keep_their_ids tags_go_with_what_they_are_on }

fn pairs(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

async fn tags_are_replaced_and_keep_their_ids(database: &Database) {
    let made = database.write(acme_network).await;
    let set = async |tags: &[(&str, &str)]| {
        let (id, tags) = (made.id.clone(), pairs(tags));
        database
            .write(move |session| {
                let changed = tag_bindings::set(session, Tagged::Module(&id), &tags)?;
                Ok((changed, tag_bindings::list(session, Tagged::Module(&id))?))
            })
            .await
    };

    let (changed, first) = set(&[("team", "net"), ("cost", "1")]).await;
    assert!(changed);
    assert_eq!(set(&[("cost", "1"), ("team", "net")]).await, (false, first.clone()));
    let (changed, second) = set(&[("team", "sec"), ("cost", "1")]).await;
    assert!(changed);
    assert_eq!((&second[0], second[1].value.as_str()), (&first[0], "sec"));
    assert_eq!(set(&[]).await, (true, Vec::new()));
}

async fn tags_go_with_what_they_are_on(database: &Database) {
    let (module, one) = database
        .write(|session| {
            let module = acme_network(session)?;
            let one = version(session, &module, "1.0.0")?;
            let two = version(session, &module, "2.0.0")?;
            tag_bindings::set(session, Tagged::Module(&module.id), &pairs(&[("a", "1")]))?;
            tag_bindings::set(session, Tagged::Version(&one.id), &pairs(&[("a", "2")]))?;
            tag_bindings::set(session, Tagged::Version(&two.id), &pairs(&[("a", "3"), ("b", "")]))?;
            Ok((module, one))
        })
        .await;
    let wanted = module.id.to_string();
    let all = database.read(move |session| tag_bindings::list_of_versions(session, &[wanted])).await;
    assert_eq!(all[module.id.as_str()][&"2.0.0".parse().unwrap()].len(), 2);

    let of = module.clone();
    database.write(move |session| versions::delete(session, &of, &[one])).await;
    assert_eq!(database.count("tag_bindings"), 3);
    database.write(move |session| modules::delete(session, &module)).await;
    assert_eq!(database.count("tag_bindings"), 0);
}
