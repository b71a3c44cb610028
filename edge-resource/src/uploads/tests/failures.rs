//! Connections, timers and a store that fail: what is left of a file.

use super::*;

#[tokio::test]
async fn a_connection_that_breaks_leaves_nothing() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let body = form(&bytes(2 * CHUNK));
    for cut in [10, 1000, CHUNK, CHUNK + CHUNK / 2, body.len() - 5] {
        let pieces = body[..cut]
            .chunks(16_384)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect::<Vec<_>>();
        for (end, status, code) in [
            (BodyError::Broken, 400, "body_incomplete"),
            (BodyError::Stalled, 408, "upload_too_slow"),
            (BodyError::TooLarge(None), 413, "upload_too_large"),
        ] {
            let broken = stream::iter(pieces.clone()).chain(stream::iter([Err(end)]));
            let request = request(Method::POST, "/upload", &bearer, &[(CONTENT_TYPE, FORM)]);
            let response = edge.service.handle(&request, broken, &edge.host).await;
            assert_eq!(
                (response.status().as_u16(), &json_of(&response)["code"]),
                (status, &json!(code)),
                "{cut}"
            );
            assert_eq!(edge.keys(), Vec::<String>::new(), "{cut}");
        }
    }
}

#[tokio::test]
async fn an_upload_that_takes_longer_than_an_hour_leaves_nothing_even_if_only_its_end_is_late() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({"exp": NOW + 99_999}));
    for content in [&b""[..], &bytes(1000)] {
        let body = form(content);
        let (early, late) = body.split_at(body.len() - b"\r\n--XX--\r\n".len());
        for (seconds, status, kept) in [(3601, 408, false), (3600, 200, true)] {
            let pieces = [(0, early), (seconds, late)]
                .map(|(seconds, piece)| (seconds, Bytes::copy_from_slice(piece)));
            let body = stream::iter(pieces).map(|(seconds, piece)| {
                edge.host.pass(seconds);
                Ok(piece)
            });
            let request = request(Method::POST, "/upload", &bearer, &[(CONTENT_TYPE, FORM)]);
            assert_eq!(
                edge.service.handle(&request, body, &edge.host).await.status().as_u16(),
                status,
                "{seconds}"
            );
            assert_eq!(!edge.keys().is_empty(), kept, "{seconds}: {:?}", edge.keys());
        }
        edge.host.store.borrow_mut().clear();
    }
}

#[tokio::test]
async fn wherever_the_store_fails_the_file_is_whole_or_swept_away() {
    let body = form(&bytes(2 * CHUNK + 5));
    for fails_after in 0..9 {
        let edge = Edge::new();
        let bearer = edge.bearer(&json!({}));
        edge.host.store_fails_after.set(Some(fails_after));
        let stored = edge.upload(&bearer, FORM, &body, 16_384).await.status() == StatusCode::OK;
        edge.host.store_fails_after.set(None);
        edge.host.pass(5000);
        // The upkeep after the next upload finds what the first has left.
        let later = edge.bearer(&json!({"exp": NOW + 99_999}));
        assert_eq!(
            edge.upload(&later, FORM, b"", 1).await.status(),
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let listed = json_of(&edge.send(Method::GET, "/uploads", &later, &[]).await);
        assert_eq!(
            listed["uploads"].as_array().map(Vec::len),
            Some(usize::from(stored)),
            "{fails_after}"
        );
        assert_eq!(
            edge.keys().len(),
            if stored { 5 } else { 0 },
            "{fails_after}: {:?}",
            edge.keys()
        );
    }
}

#[tokio::test]
async fn a_deletion_that_is_interrupted_is_finished_later() {
    for fails_after in 0..7 {
        let edge = Edge::new();
        let bearer = edge.bearer(&json!({"exp": NOW + 99_999}));
        let receipt = json_of(&edge.upload(&bearer, FORM, &form(&bytes(2 * CHUNK)), 16_384).await);
        let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
        edge.host.store_fails_after.set(Some(fails_after));
        let response = edge.send(Method::DELETE, &path, &bearer, &[]).await;
        edge.host.store_fails_after.set(None);
        assert_eq!(
            response.status(),
            if fails_after < 6 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
        );
        edge.host.pass(5000);
        edge.upload(&bearer, FORM, b"", 1).await;
        let there = edge.send(Method::GET, &path, &bearer, &[]).await.status() == StatusCode::OK;
        assert_eq!(there, fails_after < 2, "{fails_after}");
        assert_eq!(
            edge.keys().len(),
            if there { 4 } else { 0 },
            "{fails_after}: {:?}",
            edge.keys()
        );
    }
}
