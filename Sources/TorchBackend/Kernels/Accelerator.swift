/// A backend whose memory the processor does not see.
package protocol Accelerator: Backend {
  /// Copies row-major elements in the processor's memory to elements of the same dtype and shape on the device.
  /// - Parameter inBackground: whether to return before it is done, where `x` lies in memory of ``pinned(byteCount:)``.
  func upload(_ x: Strided, into out: Strided, inBackground: Bool)
  /// Copies elements on the device into row-major memory of the processor, once they are computed.
  /// - Parameter inBackground: whether to return before it is done, where `out` lies in memory of ``pinned(byteCount:)``.
  func download(_ x: Strided, into out: Strided, inBackground: Bool)
  /// A block of the processor's memory that the device copies from and to by itself.
  func pinned(byteCount: Int) -> Storage
  /// Waits until everything that was queued is done.
  func synchronize()
  /// Fills contiguous memory with draws of the device's own stream.
  func random(_ draw: RandomDraw, from stream: inout PhiloxStream, into out: Strided)
  /// Multiplies floating point numbers by a factor; one that is not finite makes `found`, one int32, 1.
  func scale(_ x: Strided, by factor: Double, noting found: Strided)
}

extension Accelerator {
  package func upload(_ x: Strided, into out: Strided) { upload(x, into: out, inBackground: false) }
  package func download(_ x: Strided, into out: Strided) { download(x, into: out, inBackground: false) }
}
