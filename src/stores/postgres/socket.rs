//! Messages that leave at once.
//!
//! sqlx 0.9.0 leaves a socket as the system makes it, so that the short message behind a `COPY` waits until the server has acknowledged
//! the last rows, which takes 40 ms on Linux: for each table, however small
//! (<https://github.com/transact-rs/sqlx/issues/4335>, mended behind that release: this module goes with the next one). A connection does
//! not hand out its socket, but Linux hands out a second handle of it; elsewhere, and where a sandbox forbids that, rows wait.

/// Has every TCP socket of this process send what it has at once.
#[cfg(target_os = "linux")]
pub(super) fn send_at_once() {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

    let Ok(own) = pidfd_open(getpid(), PidfdFlags::empty()) else { return };
    let Ok(open) = std::fs::read_dir("/proc/self/fd") else { return };
    for entry in open.flatten() {
        let is_socket =
            std::fs::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(number) = number.filter(|_| is_socket)
            && let Ok(socket) = pidfd_getfd(&own, number, PidfdGetfdFlags::empty())
        {
            // One of another sort says so.
            let _ = rustix::net::sockopt::set_tcp_nodelay(&socket, true);
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn send_at_once() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_socket_of_this_process_sends_at_once() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(!socket.nodelay().unwrap());
        send_at_once();
        assert!(socket.nodelay().unwrap());
    }
}
