//! Several futures at a time, in one task.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// Runs futures, at most `parallel` at a time, and gives their results in order; the first error ends all.
pub(super) async fn join<F, T, E>(
    futures: impl IntoIterator<Item = F>,
    parallel: usize,
) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut waiting = futures.into_iter().enumerate();
    let mut active: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut done: Vec<(usize, T)> = Vec::new();
    poll_fn(|cx| {
        loop {
            while active.len() < parallel {
                match waiting.next() {
                    Some((index, future)) => active.push((index, Box::pin(future))),
                    None => break,
                }
            }
            if active.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let mut error = None;
            let before = active.len();
            active.retain_mut(|(index, future)| match future.as_mut().poll(cx) {
                Poll::Pending => true,
                Poll::Ready(Ok(value)) => {
                    done.push((*index, value));
                    false
                }
                Poll::Ready(Err(failure)) => {
                    error.get_or_insert(failure);
                    false
                }
            });
            if let Some(error) = error {
                return Poll::Ready(Err(error));
            }
            // Places that became free are filled at once; the new futures need their first poll.
            if active.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await?;
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn keeps_order_and_never_runs_more_than_allowed() {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let futures = (0..7_u64).map(|index| {
            let (now, most) = (&now, &most);
            async move {
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                let turn = tokio::time::Instant::now() + Duration::from_millis(100 - index);
                tokio::time::sleep_until(turn).await;
                now.set(now.get() - 1);
                Ok::<_, ()>(index)
            }
        });
        assert_eq!(join(futures, 3).await, Ok((0..7).collect()));
        assert_eq!(most.get(), 3);
    }

    #[tokio::test]
    async fn the_first_error_ends_all() {
        let futures =
            (0..3).map(|index| async move { if index == 1 { Err(index) } else { Ok(index) } });
        assert_eq!(join(futures, 1).await, Err(1));
    }
}
