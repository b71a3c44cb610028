//! The storage in SQL, once for both databases: only the pool differs, whose type the statements
//! need to know.

/// Implements [`super::Storage`] for a type with a field `pool`.
macro_rules! implement_storage {
    (
        $storage:ty,
        $database:ty,
        $insert_session:expr,
        $lock_users:expr,
        $advance_ids:expr,
        $lock_for_writing:expr,
        $lock_administrators:expr,
        $lock_sessions:expr,
        $migrations:expr
    ) => {
        impl $storage {
            /// Begins a transaction that is rolled back even when nobody waits for its beginning
            /// any more, as when a client goes away. sqlx forgets a `BEGIN` to PostgreSQL whose
            /// answer was not awaited: the connection would go back to the pool inside a
            /// transaction, and nothing that is written on it later would ever be committed.
            async fn begin(&self) -> Result<sqlx::Transaction<'static, $database>, sqlx::Error> {
                let pool = self.pool.clone();
                let begun = tokio::spawn(async move { pool.begin().await });
                begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
            }

            /// Returns the ids of the active administrators; none of them changes until the
            /// transaction ends.
            async fn lock_administrators(
                transaction: &mut sqlx::Transaction<'static, $database>,
            ) -> Result<Vec<i64>, sqlx::Error> {
                if let Some(lock_for_writing) = $lock_for_writing {
                    sqlx::query(lock_for_writing).execute(&mut **transaction).await?;
                }
                sqlx::query_scalar($lock_administrators)
                    .bind(ADMIN_ROLE)
                    .fetch_all(&mut **transaction)
                    .await
            }

            /// Fails when this user is the only active administrator.
            async fn spare_last_administrator(
                transaction: &mut sqlx::Transaction<'static, $database>,
                id: i64,
            ) -> Result<(), ChangeError> {
                let ids =
                    Self::lock_administrators(transaction).await.map_err(StorageError::from)?;
                if ids == [id] { Err(ChangeError::LastAdministrator) } else { Ok(()) }
            }

            /// Ends the user's sessions, those without a record here too.
            async fn end_sessions(
                transaction: &mut sqlx::Transaction<'static, $database>,
                id: i64,
                now: i64,
            ) -> Result<(), StorageError> {
                let query = sqlx::query(queries::REVOKE_OTHER_SESSIONS).bind(id).bind("").bind(now);
                query.execute(&mut **transaction).await?;
                let query = sqlx::query(queries::END_UNNAMED_SESSIONS).bind(id).bind(now);
                query.execute(&mut **transaction).await?;
                Ok(())
            }
        }

        #[async_trait::async_trait]
        impl $crate::storage::Storage for $storage {
            async fn user_by_name(&self, username: &str) -> Result<Option<User>, StorageError> {
                Ok(sqlx::query_as(queries::USER_BY_NAME)
                    .bind(username)
                    .fetch_optional(&self.pool)
                    .await?)
            }

            async fn user_by_id(&self, id: i64) -> Result<Option<User>, StorageError> {
                Ok(sqlx::query_as(queries::USER_BY_ID).bind(id).fetch_optional(&self.pool).await?)
            }

            async fn user_in_session(
                &self,
                id: i64,
                session: &str,
                kid: &str,
            ) -> Result<Option<UserInSession>, StorageError> {
                let query =
                    sqlx::query_as(queries::USER_IN_SESSION).bind(id).bind(session).bind(kid);
                Ok(query.fetch_optional(&self.pool).await?)
            }

            async fn user_and_session(
                &self,
                id: i64,
                session: &str,
                kid: &str,
            ) -> Result<Option<UserAndSession>, StorageError> {
                let query =
                    sqlx::query_as(queries::USER_AND_SESSION).bind(id).bind(session).bind(kid);
                Ok(query.fetch_optional(&self.pool).await?)
            }

            async fn insert_user(&self, user: &NewUser) -> Result<User, InsertError> {
                let query = sqlx::query_as(queries::INSERT_USER)
                    .bind(&user.username)
                    .bind(&user.email)
                    .bind(&user.first_name)
                    .bind(&user.last_name)
                    .bind(user.password_hash.as_str())
                    .bind(&user.role)
                    .bind(user.premium)
                    .bind(user.is_active)
                    .bind(user.created_at);
                Ok(query.fetch_one(&self.pool).await?)
            }

            async fn import_users(
                &self,
                users: &[ImportedUser],
                options: ImportOptions,
                now: i64,
            ) -> Result<ImportReport, ImportError> {
                let mut transaction = self.begin().await?;
                sqlx::query($lock_users).execute(&mut *transaction).await?;
                let administrators = if options.update {
                    Self::lock_administrators(&mut transaction).await?
                } else {
                    Vec::new()
                };
                let stored: Vec<StoredUser> =
                    sqlx::query_as(queries::USERS_TO_COMPARE).fetch_all(&mut *transaction).await?;
                let ImportPlan { new, changes, mut report } =
                    plan_import(users, &stored, &administrators, options)?;
                // Old names go first: a user may get the name that another one has to give up.
                for change in changes.iter().filter(|change| change.is_renamed) {
                    let unused = format!("\u{1}{}", change.id);
                    let query = sqlx::query(queries::RENAME_USER).bind(change.id).bind(unused);
                    query.execute(&mut *transaction).await?;
                }
                for change in &changes {
                    let query = sqlx::query(queries::UPDATE_IMPORTED_USER)
                        .bind(change.id)
                        .bind(change.username)
                        .bind(change.email)
                        .bind(change.first_name)
                        .bind(change.last_name)
                        .bind(change.password_hash.as_str())
                        .bind(change.role)
                        .bind(change.is_active)
                        .bind(&change.imported_password)
                        .bind(change.imported_record.as_ref().map(Snapshot::to_json));
                    query.execute(&mut *transaction).await?;
                    if change.ends_sessions {
                        Self::end_sessions(&mut transaction, change.id, now).await?;
                    }
                }
                for user in new {
                    let query = sqlx::query(queries::IMPORT_USER)
                        .bind(user.id)
                        .bind(&user.record.username)
                        .bind(&user.record.email)
                        .bind(&user.record.first_name)
                        .bind(&user.record.last_name)
                        .bind(user.record.password_hash.as_str())
                        .bind(&user.record.role)
                        .bind(user.record.premium)
                        .bind(user.record.is_active)
                        .bind(user.record.created_at)
                        .bind(user.password_fingerprint())
                        .bind(user.snapshot().to_json());
                    query.execute(&mut *transaction).await?;
                    report.new += 1;
                }
                if let Some(advance_ids) = $advance_ids {
                    sqlx::query(advance_ids).execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                Ok(report)
            }

            async fn users_from(&self, first: i64, limit: u32) -> Result<Vec<User>, StorageError> {
                let query = sqlx::query_as(queries::USERS_FROM).bind(first).bind(i64::from(limit));
                Ok(query.fetch_all(&self.pool).await?)
            }

            async fn users_page(
                &self,
                offset: i64,
                limit: u32,
            ) -> Result<(i64, Vec<User>), StorageError> {
                let count: i64 =
                    sqlx::query_scalar(queries::COUNT_USERS).fetch_one(&self.pool).await?;
                let query = sqlx::query_as(queries::USERS_PAGE).bind(i64::from(limit)).bind(offset);
                Ok((count, query.fetch_all(&self.pool).await?))
            }

            async fn update_user(
                &self,
                id: i64,
                changes: &Changes,
                now: i64,
            ) -> Result<Option<User>, ChangeError> {
                let mut transaction = self.begin().await.map_err(StorageError::from)?;
                if changes.could_remove_an_administrator() {
                    Self::spare_last_administrator(&mut transaction, id).await?;
                }
                let query = sqlx::query_as(queries::LOCK_USER).bind(id);
                let before: Option<User> =
                    query.fetch_optional(&mut *transaction).await.map_err(StorageError::from)?;
                let Some(before) = before else { return Ok(None) };
                let query = sqlx::query_as(queries::UPDATE_USER)
                    .bind(id)
                    .bind(&changes.email)
                    .bind(&changes.first_name)
                    .bind(&changes.last_name)
                    .bind(&changes.role)
                    .bind(changes.premium)
                    .bind(changes.is_active);
                let user =
                    query.fetch_optional(&mut *transaction).await.map_err(StorageError::from)?;
                if changes.ends_sessions_of(&before) {
                    Self::end_sessions(&mut transaction, id, now).await?;
                }
                transaction.commit().await.map_err(StorageError::from)?;
                Ok(user)
            }

            async fn delete_user(
                &self,
                id: i64,
                last: LastAdministrator,
                now: i64,
            ) -> Result<bool, ChangeError> {
                let mut transaction = self.begin().await.map_err(StorageError::from)?;
                if last == LastAdministrator::Stays {
                    Self::spare_last_administrator(&mut transaction, id).await?;
                }
                let query = sqlx::query(queries::DELETE_USER).bind(id);
                let done = query.execute(&mut *transaction).await.map_err(StorageError::from)?;
                let was_there = done.rows_affected() == 1;
                let query = sqlx::query(queries::REVOKE_OTHER_SESSIONS).bind(id).bind("").bind(now);
                query.execute(&mut *transaction).await.map_err(StorageError::from)?;
                transaction.commit().await.map_err(StorageError::from)?;
                Ok(was_there)
            }

            async fn set_password(
                &self,
                id: i64,
                old: Option<&PasswordHash>,
                hash: &PasswordHash,
                kept: Option<&str>,
                now: i64,
            ) -> Result<bool, StorageError> {
                let mut transaction = self.begin().await?;
                let query = sqlx::query(queries::SET_PASSWORD)
                    .bind(id)
                    .bind(hash.as_str())
                    .bind(now)
                    .bind(old.map(PasswordHash::as_str));
                if query.execute(&mut *transaction).await?.rows_affected() == 0 {
                    return Ok(false);
                }
                let query = sqlx::query(queries::REVOKE_OTHER_SESSIONS)
                    .bind(id)
                    .bind(kept.unwrap_or(""))
                    .bind(now);
                query.execute(&mut *transaction).await?;
                transaction.commit().await?;
                Ok(true)
            }

            async fn replace_hash(
                &self,
                id: i64,
                old: &PasswordHash,
                new: &PasswordHash,
            ) -> Result<bool, StorageError> {
                let query = sqlx::query(queries::REPLACE_HASH)
                    .bind(id)
                    .bind(old.as_str())
                    .bind(new.as_str());
                Ok(query.execute(&self.pool).await?.rows_affected() == 1)
            }

            async fn session(&self, id: &str) -> Result<Option<Session>, StorageError> {
                Ok(sqlx::query_as(queries::SESSION).bind(id).fetch_optional(&self.pool).await?)
            }

            async fn insert_session(
                &self,
                session: &Session,
                user: &User,
            ) -> Result<bool, StorageError> {
                let query = sqlx::query($insert_session)
                    .bind(&session.id)
                    .bind(session.user_id)
                    .bind(&session.current_jti)
                    .bind(session.issued_at)
                    .bind(session.refresh_expires_at)
                    .bind(session.expires_at)
                    .bind(session.status_list)
                    .bind(session.status_idx)
                    .bind(user.password_hash.as_str())
                    .bind(user.sessions_ended_at)
                    .bind(session.revoked_at)
                    .bind(&session.kid)
                    .bind(session.taken_over);
                Ok(query.execute(&self.pool).await?.rows_affected() == 1)
            }

            async fn rotate_session(
                &self,
                id: &str,
                from_jti: &str,
                to: &RefreshToken,
                expires_at: i64,
            ) -> Result<bool, StorageError> {
                let query = sqlx::query(queries::ROTATE_SESSION)
                    .bind(id)
                    .bind(from_jti)
                    .bind(&to.jti)
                    .bind(to.issued_at)
                    .bind(to.expires_at)
                    .bind(expires_at);
                Ok(query.execute(&self.pool).await?.rows_affected() == 1)
            }

            async fn extend_session(&self, id: &str, expires_at: i64) -> Result<(), StorageError> {
                sqlx::query(queries::EXTEND_SESSION)
                    .bind(id)
                    .bind(expires_at)
                    .execute(&self.pool)
                    .await?;
                Ok(())
            }

            async fn forget_previous(&self, id: &str, jti: &str) -> Result<(), StorageError> {
                sqlx::query(queries::FORGET_PREVIOUS)
                    .bind(id)
                    .bind(jti)
                    .execute(&self.pool)
                    .await?;
                Ok(())
            }

            async fn revoke_session(
                &self,
                id: &str,
                user: i64,
                now: i64,
            ) -> Result<bool, StorageError> {
                let query = sqlx::query(queries::REVOKE_SESSION).bind(id).bind(user).bind(now);
                Ok(query.execute(&self.pool).await?.rows_affected() == 1)
            }

            async fn revoke_sessions_of_key(
                &self,
                kid: &str,
                future: KeySessions,
                now: i64,
            ) -> Result<u64, StorageError> {
                let mut transaction = self.begin().await?;
                if let Some(lock_sessions) = $lock_sessions {
                    sqlx::query(lock_sessions).execute(&mut *transaction).await?;
                }
                if future == KeySessions::Never {
                    sqlx::query(queries::END_KEY)
                        .bind(kid)
                        .bind(now)
                        .execute(&mut *transaction)
                        .await?;
                }
                let query = sqlx::query(queries::REVOKE_SESSIONS_OF_KEY).bind(kid).bind(now);
                let ended = query.execute(&mut *transaction).await?.rows_affected();
                transaction.commit().await?;
                Ok(ended)
            }

            async fn revoke_every_session(&self, now: i64) -> Result<u64, StorageError> {
                let mut transaction = self.begin().await?;
                let query = sqlx::query(queries::END_ALL_UNNAMED_SESSIONS).bind(now);
                query.execute(&mut *transaction).await?;
                let query = sqlx::query(queries::REVOKE_EVERY_SESSION).bind(now);
                let ended = query.execute(&mut *transaction).await?.rows_affected();
                transaction.commit().await?;
                Ok(ended)
            }

            async fn is_ended_key(&self, kid: &str) -> Result<bool, StorageError> {
                let ended: i64 = sqlx::query_scalar(queries::IS_ENDED_KEY)
                    .bind(kid)
                    .fetch_one(&self.pool)
                    .await?;
                Ok(ended > 0)
            }

            async fn revoke_sessions(
                &self,
                user: i64,
                kept: Option<&str>,
                now: i64,
            ) -> Result<u64, StorageError> {
                let mut transaction = self.begin().await?;
                // The user first, as everywhere: in another order, two changes at once would wait
                // for each other.
                let query = sqlx::query(queries::END_UNNAMED_SESSIONS).bind(user).bind(now);
                query.execute(&mut *transaction).await?;
                let query = sqlx::query(queries::REVOKE_OTHER_SESSIONS)
                    .bind(user)
                    .bind(kept.unwrap_or(""))
                    .bind(now);
                let ended = query.execute(&mut *transaction).await?.rows_affected();
                transaction.commit().await?;
                Ok(ended)
            }

            async fn flush_expired(&self, now: i64) -> Result<u64, StorageError> {
                let done =
                    sqlx::query(queries::FLUSH_SESSIONS).bind(now).execute(&self.pool).await?;
                Ok(done.rows_affected())
            }

            async fn revoked_in_list(&self, list: i64) -> Result<Option<Vec<i64>>, StorageError> {
                let known: i64 = sqlx::query_scalar(queries::LIST_EXISTS)
                    .bind(list)
                    .fetch_one(&self.pool)
                    .await?;
                if known == 0 {
                    return Ok(None);
                }
                let revoked: Vec<i64> = sqlx::query_scalar(queries::REVOKED_IN_LIST)
                    .bind(list)
                    .fetch_all(&self.pool)
                    .await?;
                Ok(Some(revoked))
            }

            async fn unpublished_revocations(
                &self,
                now: i64,
                limit: u32,
            ) -> Result<Vec<Revocation>, StorageError> {
                let query = sqlx::query_as(queries::UNPUBLISHED).bind(now).bind(i64::from(limit));
                Ok(query.fetch_all(&self.pool).await?)
            }

            async fn mark_published(
                &self,
                revocations: &[Revocation],
                now: i64,
            ) -> Result<(), StorageError> {
                let mut transaction = self.begin().await?;
                for Revocation { id, .. } in revocations {
                    let query = sqlx::query(queries::MARK_PUBLISHED).bind(id).bind(now);
                    query.execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                Ok(())
            }

            async fn forget_published(&self) -> Result<(), StorageError> {
                sqlx::query(queries::FORGET_PUBLISHED).execute(&self.pool).await?;
                Ok(())
            }

            async fn is_current(&self) -> Result<bool, StorageError> {
                let applied: i64 =
                    sqlx::query_scalar(queries::APPLIED_MIGRATIONS).fetch_one(&self.pool).await?;
                Ok(applied >= i64::try_from($migrations.iter().count()).unwrap_or(i64::MAX))
            }

            async fn ping(&self) -> Result<(), StorageError> {
                sqlx::query("SELECT 1").execute(&self.pool).await?;
                Ok(())
            }

            async fn try_writing(&self, now: i64) -> Result<(), StorageError> {
                let mut transaction = self.begin().await?;
                let id = format!("probe {}", std::process::id());
                sqlx::query(queries::INSERT_PROBE)
                    .bind(&id)
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(queries::DELETE_PROBE).bind(&id).execute(&mut *transaction).await?;
                Ok(transaction.commit().await?)
            }

            fn pool(&self) -> PoolLoad {
                let idle = self.pool.num_idle();
                let open = usize::try_from(self.pool.size()).unwrap_or(usize::MAX);
                PoolLoad {
                    busy: open.saturating_sub(idle),
                    idle,
                    max: self.pool.options().get_max_connections(),
                }
            }

            async fn close(&self) {
                self.pool.close().await;
            }
        }
    };
}

pub(super) use implement_storage;
