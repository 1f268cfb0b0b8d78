#!/usr/bin/env python3
"""Small ONNX models for the tests of the runtime, and what two of them must give, computed with NumPy and SciPy.

    onnx_models.py        # writes tests/ClemReg.Algorithms.Tests/golden/inference

Raw little-endian float32 arrays, the last axis fastest. Made with onnx 1.12, NumPy 1.24, SciPy 1.10.
"""
import os

import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper
from scipy import ndimage as ndi

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'inference')
NUMBERS = ('FLOAT', 'UINT8', 'INT8', 'UINT16', 'INT16', 'INT32', 'INT64', 'BOOL', 'FLOAT16', 'DOUBLE', 'UINT32', 'UINT64')


def value(name, kind, shape):
    return h.make_tensor_value_info(name, kind, shape)


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def save(name, nodes, inputs, outputs, constants=(), opset=13, metadata=None, check=True):
    model = h.make_model(h.make_graph(nodes, name, inputs, outputs, list(constants)), producer_name='clemreg tests',
                         opset_imports=[h.make_opsetid('', opset)], ir_version=7)
    if metadata:
        h.set_model_props(model, metadata)
    if check:
        onnx.checker.check_model(model)
    with open(os.path.join(GOLDEN, name + '.onnx'), 'wb') as file:
        file.write(model.SerializeToString(deterministic=True))


def main():
    os.makedirs(GOLDEN, exist_ok=True)
    rng = np.random.default_rng(11)

    # relu(conv(image)) + 1, for images of any size
    kernels = rng.normal(size=(2, 1, 3, 3)).astype('<f4')
    save('conv', [h.make_node('Conv', ['image', 'kernels'], ['convolved'], pads=[1, 1, 1, 1]), h.make_node('Relu', ['convolved'], ['positive']),
                  h.make_node('Add', ['positive', 'one'], ['features'])],
         [value('image', T.FLOAT, [1, 1, 'height', 'width'])], [value('features', T.FLOAT, [1, 2, 'height', 'width'])],
         [constant('kernels', kernels), constant('one', np.float32(1))], metadata={'names': "{0: 'mito', 1: 'Goldkörnchen'}", 'stride': '1'})
    image = rng.normal(size=(13, 17)).astype('<f4')
    expected = np.stack([np.maximum(ndi.correlate(image.astype(float), k[0].astype(float), mode='constant'), 0) + 1 for k in kernels])
    image.tofile(os.path.join(GOLDEN, 'conv_image_13x17.bin'))
    expected.astype('<f4').tofile(os.path.join(GOLDEN, 'conv_features_2x13x17.bin'))

    # two inputs, two outputs, one size
    save('add', [h.make_node('Add', ['a', 'b'], ['sum']), h.make_node('Sub', ['a', 'b'], ['difference'])],
         [value('a', T.FLOAT, ['n']), value('b', T.FLOAT, ['n'])], [value('sum', T.FLOAT, ['n']), value('difference', T.FLOAT, ['n'])])
    # every type of numbers, as it came
    save('types', [h.make_node('Identity', ['in_' + n.lower()], ['out_' + n.lower()]) for n in NUMBERS],
         [value('in_' + n.lower(), getattr(T, n), ['n']) for n in NUMBERS], [value('out_' + n.lower(), getattr(T, n), ['n']) for n in NUMBERS])
    # a sequence beside a tensor
    save('sequence', [h.make_node('SequenceConstruct', ['a', 'a'], ['both']), h.make_node('Neg', ['a'], ['negative'])],
         [value('a', T.FLOAT, ['n'])], [h.make_tensor_sequence_value_info('both', T.FLOAT, None), value('negative', T.FLOAT, ['n'])])
    # fails for an index above 3
    save('pick', [h.make_node('Gather', ['table', 'index'], ['picked'])], [value('index', T.INT64, ['n'])], [value('picked', T.FLOAT, ['n'])],
         [constant('table', np.arange(4, dtype='<f4') * 10)])
    # as many steps as asked for: each adds one
    body = h.make_graph([h.make_node('Identity', ['go'], ['go_on']), h.make_node('Add', ['x', 'one'], ['y'])], 'body',
                        [value('i', T.INT64, []), value('go', T.BOOL, []), value('x', T.FLOAT, ['n'])],
                        [value('go_on', T.BOOL, []), value('y', T.FLOAT, ['n'])], [constant('one', np.float32(1))])
    save('loop', [h.make_node('Loop', ['steps', 'yes', 'start'], ['end'], body=body)], [value('steps', T.INT64, []), value('start', T.FLOAT, ['n'])],
         [value('end', T.FLOAT, ['n'])], [constant('yes', np.array(True))])
    # finds what is dark, as the simulated EM's mitochondria are: a mean of 7 x 7 pixels, logits, and a card of its own
    save('dark', [h.make_node('Pad', ['image', 'margin'], ['wide'], mode='reflect'), h.make_node('Conv', ['wide', 'mean', 'limit'], ['logits'], kernel_shape=[7, 7])],
         [value('image', T.FLOAT, ['n', 1, 'h', 'w'])], [value('logits', T.FLOAT, ['n', 1, 'h', 'w'])],
         [constant('mean', np.full((1, 1, 7, 7), -60 / 49, '<f4')), constant('limit', np.array([60 * 124 / 255], '<f4')),
          constant('margin', np.array([0, 0, 3, 3, 0, 0, 3, 3]))],
         metadata={'clemreg.card': '{ "name": "Dark things", "multiple_of": 1, "outputs": { "probability": { "activation": "sigmoid" } } }'})
    # what no runtime can load
    save('unknown_operator', [h.make_node('Transmogrify', ['a'], ['b'])], [value('a', T.FLOAT, ['n'])], [value('b', T.FLOAT, ['n'])], check=False)
    save('opset_99', [h.make_node('Neg', ['a'], ['b'])], [value('a', T.FLOAT, ['n'])], [value('b', T.FLOAT, ['n'])], opset=99, check=False)
    save('wrong_types', [h.make_node('Add', ['a', 'b'], ['c'])], [value('a', T.FLOAT, ['n']), value('b', T.INT64, ['n'])], [value('c', T.FLOAT, ['n'])], check=False)


if __name__ == '__main__':
    main()
