//! The tables, as the migrations make them. Held against them by `tests/bodies/schema.rs`.

diesel::table! {
    installation (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    scopes (id) {
        id -> Text,
        kind -> Text,
        name -> Text,
        parent_id -> Nullable<Text>,
        email -> Text,
        settings -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        created_by -> Nullable<Text>,
        is_shared -> Bool,
    }
}

diesel::table! {
    scope_names (name_key) {
        name_key -> Text,
        scope_id -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        username -> Text,
        email -> Text,
        is_service -> Bool,
        created_at -> BigInt,
        password_hash -> Nullable<Text>,
        issuer -> Nullable<Text>,
        subject -> Nullable<Text>,
        disabled_at -> Nullable<BigInt>,
        scope_id -> Nullable<Text>,
    }
}

diesel::table! {
    tokens (id) {
        id -> Text,
        user_id -> Text,
        scope_id -> Nullable<Text>,
        rights -> Text,
        hash -> Text,
        label -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        kind -> Text,
        everywhere -> Bool,
        created_by -> Nullable<Text>,
    }
}

diesel::table! {
    memberships (id) {
        id -> Text,
        user_id -> Text,
        scope_id -> Nullable<Text>,
        rights -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    token_scopes (token_id, scope_id) {
        token_id -> Text,
        scope_id -> Text,
    }
}

diesel::table! {
    connections (id) {
        id -> Text,
        scope_id -> Text,
        kind -> Text,
        name -> Nullable<Text>,
        http_url -> Text,
        api_url -> Text,
        client_key -> Nullable<Text>,
        secret_sealed -> Nullable<Text>,
        organization_scoped -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        token_deleted_at -> Nullable<BigInt>,
        rsa_public_key -> Nullable<Text>,
    }
}

diesel::table! {
    repositories (id) {
        id -> Text,
        connection_id -> Text,
        identifier -> Text,
        remote_id -> Nullable<Text>,
        webhook_uuid -> Text,
        webhook_secret_sealed -> Nullable<Text>,
        default_branch -> Nullable<Text>,
        refs_digest -> Nullable<Text>,
        last_error -> Nullable<Text>,
        failures -> Integer,
        last_synced_at -> Nullable<BigInt>,
        created_at -> BigInt,
        description -> Text,
        web_url -> Nullable<Text>,
        webhook_id -> Nullable<Text>,
        webhook_state -> Text,
        webhook_message -> Text,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> Text,
        repository_id -> Text,
        delivery_id -> Nullable<Text>,
        event -> Text,
        outcome -> Text,
        message -> Text,
        received_at -> BigInt,
    }
}

diesel::table! {
    modules (id) {
        id -> Text,
        scope_id -> Text,
        namespace_id -> Text,
        name -> Text,
        provider -> Text,
        publishing -> Text,
        repository_id -> Nullable<Text>,
        display_identifier -> Text,
        source_directory -> Text,
        tag_prefix -> Text,
        vanished_tags -> Text,
        status -> Text,
        error_message -> Nullable<Text>,
        description -> Text,
        no_code -> Bool,
        latest_version_id -> Nullable<Text>,
        downloads -> BigInt,
        revision -> BigInt,
        wish -> BigInt,
        synced_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        branch -> Text,
        initial_version -> Nullable<Text>,
        initial_due -> Bool,
        test_config -> Nullable<Text>,
        submodules -> Bool,
        created_by -> Nullable<Text>,
        written_directory -> Nullable<Text>,
        own_description -> Bool,
    }
}

diesel::table! {
    module_versions (id) {
        id -> Text,
        module_id -> Text,
        version -> Text,
        source -> Text,
        tag -> Nullable<Text>,
        commit_sha -> Nullable<Text>,
        moved_to -> Nullable<Text>,
        status -> Text,
        stage -> Nullable<Text>,
        error_message -> Nullable<Text>,
        archive_sha256 -> Nullable<Text>,
        tar_sha256 -> Nullable<Text>,
        archive_size -> BigInt,
        archive_directory -> Text,
        notes -> Text,
        upload_key -> Nullable<Text>,
        upload_sha256 -> Nullable<Text>,
        summary -> Nullable<Text>,
        published_at -> Nullable<BigInt>,
        sealed_at -> Nullable<BigInt>,
        ok_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        deprecated_at -> Nullable<BigInt>,
        deprecation_reason -> Nullable<Text>,
        deprecation_link -> Nullable<Text>,
        revoked_at -> Nullable<BigInt>,
        revocation_message -> Nullable<Text>,
        revocation_link -> Nullable<Text>,
        queued_at -> Nullable<BigInt>,
        fetched_at -> Nullable<BigInt>,
        archived_at -> Nullable<BigInt>,
        attempt_error -> Nullable<Text>,
        accepted -> Nullable<Text>,
        vanished_at -> Nullable<BigInt>,
        branch -> Nullable<Text>,
        submodules -> Bool,
    }
}

diesel::table! {
    tag_bindings (id) {
        id -> Text,
        module_id -> Nullable<Text>,
        version_id -> Nullable<Text>,
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    documents (digest) {
        digest -> Text,
        body -> Text,
    }
}

diesel::table! {
    version_parts (version_id, path) {
        version_id -> Text,
        path -> Text,
        kind -> Text,
        docs_digest -> Text,
        readme_digest -> Nullable<Text>,
    }
}

diesel::table! {
    blob_references (sha256, owner_id) {
        sha256 -> Text,
        owner_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    condemned_blobs (sha256) {
        sha256 -> Text,
        delete_after -> BigInt,
    }
}

diesel::table! {
    tombstones (namespace_id, name, provider, version) {
        namespace_id -> Text,
        name -> Text,
        provider -> Text,
        version -> Text,
        tar_sha256 -> Nullable<Text>,
        deleted_at -> BigInt,
    }
}

diesel::table! {
    jobs (id) {
        id -> Text,
        kind -> Text,
        target -> Text,
        scope_id -> Text,
        args -> BigInt,
        state -> Text,
        attempt -> Integer,
        lost -> Integer,
        epoch -> BigInt,
        lease_until -> Nullable<BigInt>,
        run_after -> BigInt,
        dispatched_at -> Nullable<BigInt>,
        again -> Bool,
        last_error -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    audit_entries (id) {
        id -> Text,
        at -> BigInt,
        user_id -> Text,
        token_id -> Text,
        action -> Text,
        object -> Text,
        scope_id -> Nullable<Text>,
        outcome -> Text,
        username -> Text,
        request_id -> Text,
        address -> Text,
    }
}

diesel::table! {
    sessions (hash) {
        hash -> Text,
        user_id -> Text,
        created_at -> BigInt,
        seen_at -> BigInt,
    }
}

diesel::table! {
    login_codes (hash) {
        hash -> Text,
        user_id -> Text,
        client_id -> Text,
        redirect_uri -> Text,
        challenge -> Text,
        created_at -> BigInt,
        used_at -> Nullable<BigInt>,
        token_id -> Nullable<Text>,
    }
}

diesel::table! {
    connection_shares (connection_id, scope_id) {
        connection_id -> Text,
        scope_id -> Text,
    }
}

diesel::table! {
    connection_settings (connection_id) {
        connection_id -> Text,
        settings -> Text,
    }
}

diesel::table! {
    namespace_shares (namespace_id, scope_id) {
        namespace_id -> Text,
        scope_id -> Text,
    }
}

diesel::joinable!(version_parts -> module_versions (version_id));
diesel::joinable!(module_versions -> modules (module_id));
diesel::joinable!(tag_bindings -> module_versions (version_id));
diesel::joinable!(tokens -> users (user_id));
diesel::joinable!(repositories -> connections (connection_id));

diesel::allow_tables_to_appear_in_same_query!(
    installation,
    scopes,
    scope_names,
    users,
    memberships,
    tokens,
    token_scopes,
    connections,
    repositories,
    webhook_deliveries,
    modules,
    module_versions,
    tag_bindings,
    documents,
    version_parts,
    blob_references,
    condemned_blobs,
    tombstones,
    jobs,
    audit_entries,
    sessions,
    login_codes,
    connection_shares,
    connection_settings,
    namespace_shares,
);
