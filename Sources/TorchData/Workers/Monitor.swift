// Threads, and how they wait for each other.

import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A value that one thread at a time reads and writes, and two signals to wait for.
///
/// `Synchronization.Mutex` has nothing to wait with. The pthread objects live on the heap, since they must not move.
final class Monitor<Value>: @unchecked Sendable {
  /// The two things somebody may wait for.
  enum Signal { case work, results }

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let results = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  // Read and written only between lock and unlock.
  private var value: Value

  init(_ value: Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
    #if canImport(Darwin)
      pthread_cond_init(work, nil)
      pthread_cond_init(results, nil)
    #else
      // Seconds are counted by a clock that nobody sets.
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(work, &attributes)
      pthread_cond_init(results, &attributes)
      pthread_condattr_destroy(&attributes)
    #endif
  }

  deinit {
    pthread_cond_destroy(results)
    pthread_cond_destroy(work)
    pthread_mutex_destroy(mutex)
    results.deallocate()
    work.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` alone with the value, then wakes all who wait for a signal.
  func withLock<R>(waking signal: Signal? = nil, _ body: (inout Value) -> R) -> R {
    pthread_mutex_lock(mutex)
    let result = body(&value)
    pthread_mutex_unlock(mutex)
    if let signal { pthread_cond_broadcast(condition(signal)) }
    return result
  }

  /// Runs `body` alone with the value, again after each signal, until it gives a result.
  func wait<R>(for signal: Signal, _ body: (inout Value) -> R?) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&value) { return result }
      pthread_cond_wait(condition(signal), mutex)
    }
  }

  /// The same for some seconds at most, where they are told; nil when they are over.
  func wait<R>(for signal: Signal, seconds: Double?, _ body: (inout Value) -> R?) -> R? {
    guard let seconds else { return wait(for: signal, body) }
    let end = Self.now + min(seconds, 1e9)
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&value) { return result }
      let left = end - Self.now
      guard left > 0 else { return nil }
      #if canImport(Darwin)
        var time = Self.time(left)
        pthread_cond_timedwait_relative_np(condition(signal), mutex, &time)
      #else
        var time = Self.time(end)
        pthread_cond_timedwait(condition(signal), mutex, &time)
      #endif
    }
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private static func time(_ seconds: Double) -> timespec {
    timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
  }

  private func condition(_ signal: Signal) -> UnsafeMutablePointer<pthread_cond_t> {
    signal == .work ? work : results
  }
}

/// A thread of the system.
struct WorkerThread {
  private let handle: pthread_t

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a thread; a fault where the system gives none.
  /// - Parameters:
  ///   - name: what a message calls it.
  ///   - body: what it does.
  init(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(Body(body)).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let code = pthread_create(&thread, nil, threadMain, context)
    guard code == 0 else {
      let reason = String(cString: strerror(code))
      fault("DataLoader", "the system starts no thread for \(name): \(reason); use fewer workers")
    }
    #if canImport(Darwin)
      handle = thread!
    #else
      handle = thread
    #endif
  }

  fileprivate static func run(_ context: UnsafeMutableRawPointer) {
    Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
  }

  /// Lets the thread go its own way.
  func detach() { pthread_detach(handle) }

  /// Waits for the thread's end. A thread that would wait for itself lets itself go.
  func join() {
    if pthread_equal(handle, pthread_self()) != 0 {
      pthread_detach(handle)
    } else {
      pthread_join(handle, nil)
    }
  }
}

#if canImport(Darwin)
  private func threadMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    WorkerThread.run(context)
    return nil
  }
#else
  private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    WorkerThread.run(context!)
    return nil
  }
#endif
