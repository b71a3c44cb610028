//! Limits of uploads in space and time.

use futures_util::FutureExt;

use super::*;

/// Starts forty uploads that stall before their last byte, under a quota of four chunks.
#[tokio::test]
async fn uploads_in_progress_count_towards_the_quota() {
    const QUOTA: usize = 4 * CHUNK;
    // Polls of an upload before the next one is polled: the uploads run concurrently, or one after
    // the other.
    for polls in [1, 100] {
        let edge = &Edge::with_quota(&QUOTA.to_string());
        edge.host.timers_hang.set(true);
        let (bearer, body) = (edge.bearer(&json!({})), form(&bytes(2 * CHUNK + 100)));
        let chunks =
            || edge.host.store.borrow().keys().filter(|key| key.starts_with("chunk/")).count();
        let mut held: Vec<_> = [true, false]
            .repeat(20)
            .into_iter()
            .map(|has_length| Box::pin(hold(edge, &bearer, &body, has_length)))
            .collect();
        let mut refused = 0;
        for _ in 0..100 / polls {
            held.retain_mut(|upload| {
                let response = (0..polls).find_map(|_| upload.as_mut().now_or_never());
                assert!(chunks() * CHUNK <= QUOTA, "{} chunks under a quota of four", chunks());
                let Some(response) = response else { return true };
                assert_eq!(json_of(&response)["code"], "upload_quota_exceeded");
                refused += 1;
                false
            });
        }
        assert!(refused >= 38 && refused + held.len() == 40, "{refused}");
        assert!(
            chunks() >= 2 || polls == 1,
            "the first one is being received where it is alone: {}",
            chunks()
        );
        // Abandoned uploads count until they are swept.
        drop(held);
        edge.host.timers_hang.set(false);
        let response = edge.upload(&bearer, FORM, &body, 16_384).await;
        assert_eq!(response.status() == StatusCode::PAYLOAD_TOO_LARGE, chunks() >= 2);
        edge.host.pass(5000);
        let later = edge.bearer(&json!({"exp": NOW + 99_999, "user_id": 2}));
        assert_eq!(edge.upload(&later, FORM, &body, 16_384).await.status(), StatusCode::OK);
        let later = edge.bearer(&json!({"exp": NOW + 99_999}));
        let left: Vec<_> =
            edge.keys().into_iter().filter(|key| key.starts_with("pending/")).collect();
        assert_eq!(left, Vec::<String>::new());
        assert_eq!(edge.upload(&later, FORM, &form(b"x"), 16_384).await.status(), StatusCode::OK);
    }
}

/// Sends all but the last bytes of a form, and stalls.
async fn hold(edge: &Edge, bearer: &str, body: &[u8], has_length: bool) -> Response {
    let length = body.len().to_string();
    let mut headers = vec![(CONTENT_TYPE, FORM)];
    headers.extend(has_length.then_some((CONTENT_LENGTH, length.as_str())));
    let request = request(Method::POST, "/upload", bearer, &headers);
    let pieces: Vec<_> = body[..body.len() - 50]
        .chunks(16_384)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    edge.service.handle(&request, stream::iter(pieces).chain(stream::pending()), &edge.host).await
}

#[tokio::test]
async fn an_upload_without_a_length_grows_up_to_the_quota_and_leaves_one_size() {
    let overhead = usize::try_from(FILE_OVERHEAD).expect("small");
    let edge = Edge::with_quota(&(LIMIT + overhead).to_string());
    let bearer = edge.bearer(&json!({}));
    assert_eq!(
        edge.upload(&bearer, FORM, &form(&bytes(LIMIT)), 10_000).await.status(),
        StatusCode::OK
    );
    let sizes: Vec<_> = edge.keys().into_iter().filter(|key| key.starts_with("size/")).collect();
    assert_eq!(sizes.len(), 1, "{sizes:?}");
    assert!(sizes[0].ends_with(&format!("/{LIMIT}")), "{sizes:?}");
}

#[tokio::test]
async fn on_a_full_disk_files_can_be_deleted_and_abandoned_uploads_swept() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({"exp": NOW + 99_999}));
    let receipt = json_of(&edge.upload(&bearer, FORM, &form(&bytes(2 * CHUNK)), 16_384).await);
    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    edge.host.is_full.set(true);
    let response = edge.upload(&bearer, FORM, &form(b"x"), 100).await;
    assert_eq!(
        (response.status().as_u16(), &json_of(&response)["code"]),
        (503, &json!("storage_unavailable"))
    );
    assert_eq!(edge.send(Method::DELETE, &path, &bearer, &[]).await.status(), StatusCode::OK);
    assert_eq!(edge.keys(), Vec::<String>::new());

    // An upload that was interrupted before the disk was full.
    let id = receipt["id"].as_str().expect("an id");
    for key in [format!("chunk/{id}/0"), format!("size/{id}/{CHUNK}")] {
        edge.host.store.borrow_mut().insert(key, b"x".to_vec());
    }
    edge.host.store.borrow_mut().insert(format!("pending/{id}"), NOW.to_string().into_bytes());
    edge.host.pass(5000);
    edge.upload(&bearer, FORM, &form(b"x"), 100).await;
    assert_eq!(edge.keys(), Vec::<String>::new(), "the upkeep after the attempt has swept");
}

#[tokio::test]
async fn an_upload_makes_a_sweep_due_and_only_the_upkeep_sweeps() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({"exp": NOW + 99_999}));
    let pending = format!("pending/{}", "0".repeat(48));
    edge.host.store.borrow_mut().insert(pending.clone(), NOW.to_string().into_bytes());
    edge.host.pass(5000);
    edge.send(Method::GET, "/uploads", &bearer, &[]).await;
    assert!(!edge.service.has_upkeep(&edge.host));
    for content_type in ["text/plain", FORM] {
        edge.host.store.borrow_mut().insert(pending.clone(), NOW.to_string().into_bytes());
        let upload = request(Method::POST, "/upload", &bearer, &[(CONTENT_TYPE, content_type)]);
        edge.service.handle(&upload, stream::empty(), &edge.host).await;
        assert_eq!(edge.keys(), [pending.as_str()], "no request sweeps");
        assert!(edge.service.has_upkeep(&edge.host));
        edge.service.upkeep(&edge.host).await;
        assert_eq!(edge.keys(), Vec::<String>::new());
        assert!(!edge.service.has_upkeep(&edge.host));
        edge.host.pass(600);
    }
}

#[tokio::test]
async fn a_deletion_on_a_full_disk_that_breaks_off_can_be_repeated() {
    for fails_after in 0..5 {
        let edge = Edge::new();
        let bearer = edge.bearer(&json!({}));
        let receipt = json_of(&edge.upload(&bearer, FORM, &form(&bytes(2 * CHUNK)), 16_384).await);
        let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
        edge.host.is_full.set(true);
        // The mark is tried first, and counts as one change.
        edge.host.store_fails_after.set(Some(fails_after));
        assert_eq!(
            edge.send(Method::DELETE, &path, &bearer, &[]).await.status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
        edge.host.store_fails_after.set(None);
        let again = edge.send(Method::DELETE, &path, &bearer, &[]).await;
        assert_eq!(again.status(), StatusCode::OK, "{fails_after}");
        assert_eq!(edge.keys(), Vec::<String>::new(), "{fails_after}");
    }
}

#[tokio::test]
async fn a_stalled_upload_fails_although_nothing_arrives() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let body = form(&bytes(2 * CHUNK));
    for sent in [0, 10, CHUNK + CHUNK / 2] {
        let pieces: Vec<_> =
            body[..sent].chunks(16_384).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let stands_still = stream::iter(pieces).chain(stream::pending());
        let request = request(Method::POST, "/upload", &bearer, &[(CONTENT_TYPE, FORM)]);
        let started = edge.host.uptime();
        let response = edge.service.handle(&request, stands_still, &edge.host).await;
        assert_eq!(
            (response.status().as_u16(), &json_of(&response)["code"]),
            (408, &json!("upload_too_slow")),
            "{sent}"
        );
        assert_eq!(edge.host.uptime() - started, crate::limits::DEFAULT_IDLE);
        assert_eq!(edge.keys(), Vec::<String>::new(), "{sent}");
    }
}
