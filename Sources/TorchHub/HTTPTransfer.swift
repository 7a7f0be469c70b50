import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One GET request, followed through its redirects; the caller's thread waits for it.
///
/// What the host sends is handed on as it comes. The two closures run on the session's queue, one call at a time, while the
/// caller waits.
final class HTTPTransfer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  // The closures and `isAccepted` belong to the session's serial queue; the result is under its lock.
  private let onResponse: (HTTPURLResponse) throws -> Void
  private let onData: (UnsafeRawBufferPointer) throws -> Void
  private var isAccepted = false
  private let result = Mutex<Result<Void, any Error>?>(nil)
  private let done = DispatchSemaphore(value: 0)
  private let request: URLRequest

  init(
    _ request: URLRequest, onResponse: @escaping (HTTPURLResponse) throws -> Void,
    onData: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) {
    (self.request, self.onResponse, self.onData) = (request, onResponse, onData)
  }

  /// Returns when the body has come, throws what a closure threw or the URLError of a connection that failed.
  func run() throws {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.httpCookieStorage = nil
    // Seconds without a byte; a large file takes as long as it takes.
    configuration.timeoutIntervalForRequest = 60
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: queue)
    defer { session.invalidateAndCancel() }
    session.dataTask(with: request).resume()
    done.wait()
    try result.withLock { $0 }!.get()
  }

  /// The first end counts.
  private func end(_ outcome: Result<Void, any Error>) {
    let isFirst = result.withLock { result in
      guard result == nil else { return false }
      result = outcome
      return true
    }
    if isFirst { done.signal() }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    let scheme = newRequest.url?.scheme?.lowercased()
    // Never from a safe connection to one that anybody can change.
    guard scheme == "https" || (scheme == "http" && response.url?.scheme?.lowercased() == "http") else {
      return completionHandler(nil)
    }
    var next = newRequest
    for (name, value) in request.allHTTPHeaderFields ?? [:] { next.setValue(value, forHTTPHeaderField: name) }
    completionHandler(next)
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    do {
      guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
      try onResponse(response)
      isAccepted = true
      completionHandler(.allow)
    } catch {
      end(.failure(error))
      completionHandler(.cancel)
    }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    guard isAccepted else { return }
    do {
      for region in data.regions { try region.withUnsafeBytes(onData) }
    } catch {
      isAccepted = false
      end(.failure(error))
      dataTask.cancel()
    }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    end(error.map { .failure($0) } ?? .success(()))
  }
}
