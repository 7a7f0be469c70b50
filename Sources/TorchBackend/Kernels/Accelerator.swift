/// A backend whose memory the processor does not see.
package protocol Accelerator: Backend {
  /// Copies row-major elements in the processor's memory to elements of the same dtype and shape on the device.
  func upload(_ x: Strided, into out: Strided)
  /// Copies elements on the device into row-major memory of the processor, once they are computed.
  func download(_ x: Strided, into out: Strided)
  /// Waits until everything that was queued is done.
  func synchronize()
  /// Fills contiguous memory with draws of the device's own stream.
  func random(_ draw: RandomDraw, from stream: inout PhiloxStream, into out: Strided)
  /// Multiplies floating point numbers by a factor; one that is not finite makes `found`, one int32, 1.
  func scale(_ x: Strided, by factor: Double, noting found: Strided)
}
