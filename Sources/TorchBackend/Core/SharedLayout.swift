/// A layout that many tensors hold at once, with what is asked of it most often worked out beforehand.
///
/// A layout is large and rarely new: results of pointwise ops, saved tensors and nodes share their operand's, so that
/// passing a tensor's body on costs a count and not a copy.
@usableFromInline
package final class SharedLayout: Sendable {
  @usableFromInline package let layout: Layout
  /// How many elements there are.
  @usableFromInline package let count: Int
  /// Whether the elements follow one another in row-major order.
  @usableFromInline package let isContiguous: Bool
  /// Whether this is the very layout that a fresh row-major tensor of the shape gets.
  @usableFromInline package let isFresh: Bool

  package init(_ layout: Layout) {
    self.layout = layout
    // A count that wrapped around would get too little memory.
    guard let count = layout.shape.checkedElementCount(itemSize: 1) else {
      fault("tensor", "\(layout.shape.brackets) has more elements than can be counted")
    }
    self.count = count
    isContiguous = layout.isContiguous
    isFresh = isContiguous && layout.offset == 0 && layout.strides == Layout.contiguousStrides(layout.shape)
  }

  /// The layout of a single number.
  package static let scalar = SharedLayout(Layout(contiguous: []))
}
