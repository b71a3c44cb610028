//! `GET /uploads`: its order, its pages and its parameters.

use super::*;

#[tokio::test]
async fn the_list_goes_page_by_page_from_the_newest() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, json_of(&edge.upload(&bearer, FORM, &form(b"x"), 100).await)["id"].clone());
        edge.host.sleep(Duration::from_millis(1)).await;
    }
    let mut seen = Vec::new();
    let mut path = "/uploads?limit=2".to_owned();
    loop {
        let page = json_of(&edge.send(Method::GET, &path, &bearer, &[]).await);
        let uploads = page["uploads"].as_array().expect("a list");
        assert!(uploads.len() <= 2);
        seen.extend(uploads.iter().map(|upload| upload["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/uploads?limit=2&after={next}");
    }
    assert_eq!(seen, ids);
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=+5",
        "limit=",
        "limit",
        "after=x",
        "after=",
        "after",
        "limit=5&after",
    ] {
        let response = edge.send(Method::GET, &format!("/uploads?{query}"), &bearer, &[]).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
}

#[tokio::test]
async fn a_list_refuses_unknown_and_repeated_parameters_and_other_routes_ignore_them() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let receipt = json_of(&edge.upload(&bearer, FORM, &form(b"x"), 100).await);
    let id = receipt["id"].as_str().expect("an id");
    let (unknown, repeated) = ("This parameter is unknown", "This parameter may occur only once");
    let (twice, long) = (format!("after={id}&after={id}"), "x".repeat(41));
    for (query, name, kind, text) in [
        ("foo=1", "foo", "extra_forbidden", unknown),
        ("limit=5&foo", "foo", "extra_forbidden", unknown),
        ("foo=1&limit=0", "foo", "extra_forbidden", unknown),
        ("Limit=5", "Limit", "extra_forbidden", unknown),
        ("limi%74=5", "limi%74", "extra_forbidden", unknown),
        ("=5", "", "extra_forbidden", unknown),
        (&long, &long[..40], "extra_forbidden", unknown),
        ("limit=5&limit=5", "limit", "value_error", repeated),
        ("limit=5&limit=0", "limit", "value_error", repeated),
        (&twice, "after", "value_error", repeated),
    ] {
        let path = format!("/uploads?{query}");
        for method in [Method::GET, Method::HEAD] {
            let response = edge.send(method, &path, &bearer, &[(ACCEPT_LANGUAGE, "en")]).await;
            let error = json!({"type": kind, "loc": ["query", name], "msg": text, "input": null});
            let expected = json!({"detail": [error], "code": "query_invalid"});
            assert_eq!((response.status().as_u16(), json_of(&response)), (422, expected), "{path}");
        }
        assert_eq!(
            edge.send(Method::GET, &path, "Bearer x", &[]).await.status(),
            StatusCode::UNAUTHORIZED
        );
    }
    let file = format!("/uploads/{id}?foo=1&foo=1");
    for path in [
        "/uploads?",
        "/uploads?&",
        "/uploads?&limit=5&",
        "/protected?foo=1",
        "/?foo=1&foo=1",
        &file,
    ] {
        assert_eq!(
            edge.send(Method::GET, path, &bearer, &[]).await.status(),
            StatusCode::OK,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_file_whose_id_has_seconds_sorts_as_the_oldest() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let receipt = json_of(&edge.upload(&bearer, FORM, &form(b"old"), 100).await);
    let id = receipt["id"].as_str().expect("an id");
    let (owner, time, random) = (&id[..16], &id[16..28], &id[28..]);
    assert_eq!(time, format!("{:012x}", NOW * 1000));
    // Written last, so that only the unit makes it the oldest.
    let old = format!("{owner}{:012x}{random}", NOW + 3600);
    let store = edge.host.store.take();
    edge.host
        .store
        .replace(store.into_iter().map(|(key, value)| (key.replace(id, &old), value)).collect());
    let newer = json_of(&edge.upload(&bearer, FORM, &form(b"new"), 100).await)["id"].clone();

    let listed = json_of(&edge.send(Method::GET, "/uploads", &bearer, &[]).await);
    let ids: Vec<_> = listed["uploads"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|upload| upload["id"].clone())
        .collect();
    assert_eq!(ids, [newer, json!(old)]);
    let path = format!("/uploads/{old}");
    let response = edge.send(Method::GET, &path, &bearer, &[]).await;
    assert_eq!(edge.content(response).await, b"old");
    assert_eq!(edge.send(Method::DELETE, &path, &bearer, &[]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_page_whose_files_are_deleted_meanwhile_still_leads_to_the_next() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.insert(0, json_of(&edge.upload(&bearer, FORM, &form(b"x"), 100).await)["id"].clone());
        edge.host.sleep(Duration::from_millis(1)).await;
    }
    // Simulates files that are deleted between listing the keys and reading the records.
    for id in &ids[..2] {
        let key = format!("upload/{}", id.as_str().expect("an id"));
        edge.host.unreadable.borrow_mut().push(key);
    }
    let page = json_of(&edge.send(Method::GET, "/uploads?limit=2", &bearer, &[]).await);
    assert_eq!(page, json!({"uploads": [], "next": ids[1]}));
    let path = format!("/uploads?limit=2&after={}", ids[1].as_str().expect("an id"));
    let page = json_of(&edge.send(Method::GET, &path, &bearer, &[]).await);
    assert_eq!(
        (page["uploads"][0]["id"].clone(), page["next"].clone()),
        (ids[2].clone(), Value::Null)
    );
}
