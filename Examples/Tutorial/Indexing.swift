// Elements, rows, columns and slices; places named by tensors and by conditions. Python's `:` is `0...`, or `.all`.

import Torch

let indexing: Section = .init("indexing", "Indexing") {
  row("S17", "An element, a row, a column")
  let board = Tensor.arange(20).reshape(4, 5)
  print(board[1, 2])
  print(board[2])
  print(board[0..., 3])
  print(board[-1, -1].item(Int.self))

  row("S18", "Slices")
  print(board[1..<3, 0...])
  print(board[0..., 2..<4])
  print(board[0..., .slice(step: 2)])
  print(board[..., -1])

  row("S18", "A slice is a view")
  let corner = board[0..<2, 0..<2]
  corner[0, 0] = 100
  print(board[0])

  row("S19", "Places named by a tensor")
  let columns = Tensor([0, 3])
  let picked = board[0..., columns]
  print(picked)
  picked[0, 0] = -1
  print(board[0, 0])

  row("S20", "Elements picked by a condition")
  let large = board .> 15
  print(large)
  print(board[large])
  print(board[(board .> 5) & (board .< 9)])
  board[board .> 15] = 0
  print(board)
}
