#!/usr/bin/env python3
"""Models of MitoNet's architecture (Panoptic-DeepLab with PointRend) with random weights, and what PyTorch makes of them.

  python3 tests/golden-scripts/mitonet.py golden            the small files of tests/ClemReg.Algorithms.Tests/golden/mitonet
  python3 tests/golden-scripts/mitonet.py full DIR          MitoNet's widths: DIR/full.pth and two images with PyTorch's outputs, for benchmarks/convert_model.js

The network is written from its description (Cheng 2020, Kirillov 2020, MitoNet's names of weights); no code of empanada is in it. The .pth are
TorchScript files, fused as MitoNet's are; golden/unfused.pth is the same network with its batch normalisations, golden/odd.pth the fused one
with weights in half, double and views. A .bin holds the image, sem_logits, ctr_hmp and offsets, float32, one after the other. PyTorch 1.13.
"""
import os, sys, zipfile
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'mitonet')


def conv(i, o, k, s=1, d=1, g=1, bias=False):
    return nn.Conv2d(i, o, k, stride=s, padding=k // 2 * d, dilation=d, groups=g, bias=bias)


def conv_bn_relu(i, o, k, d=1):
    return nn.Sequential(conv(i, o, k, d=d), nn.BatchNorm2d(o), nn.ReLU())


class Block(nn.Module):
    def __init__(self, i, m, o, stride, dilation, shortcut):
        super().__init__()
        self.conv1, self.bn1, self.relu1 = conv(i, m, 1), nn.BatchNorm2d(m), nn.ReLU()
        self.conv2, self.bn2, self.relu2 = conv(m, m, 3, stride, dilation), nn.BatchNorm2d(m), nn.ReLU()
        self.conv3, self.bn3 = conv(m, o, 1), nn.BatchNorm2d(o)
        self.downsample = nn.Sequential(conv(i, o, 1, stride), nn.BatchNorm2d(o)) if shortcut else None

    def forward(self, x):
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.relu2(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        if self.downsample is not None:
            x = self.downsample(x)
        return torch.relu(y + x)


class Encoder(nn.Module):
    def __init__(self, width, blocks, expansion):
        super().__init__()
        self.conv1, self.bn1, self.relu = conv(1, width, 7, 2), nn.BatchNorm2d(width), nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        i = width
        for layer, (n, stride, dilation) in enumerate(zip(blocks, (1, 2, 2, 1), (1, 1, 1, 2))):
            m = width << layer
            o = m * expansion
            setattr(self, f'layer{layer + 1}', nn.Sequential(*[Block(i if b == 0 else o, m, o, stride if b == 0 else 1, dilation, b == 0) for b in range(n)]))
            i = o
        self.width = i

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        fine = self.layer1(x)
        return fine, self.layer4(self.layer3(self.layer2(fine)))


class Pool(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.aspp_pooling = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv(i, o, 1), nn.ReLU())

    def forward(self, x):
        return self.aspp_pooling(x).expand(-1, -1, x.shape[2], x.shape[3])


class Aspp(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.convs = nn.ModuleList([conv_bn_relu(i, o, 1)] + [conv_bn_relu(i, o, 3, d) for d in (2, 4, 6)] + [Pool(i, o)])
        self.project = nn.Sequential(conv(5 * o, o, 1), nn.BatchNorm2d(o), nn.ReLU(), nn.Dropout(0.5))

    def forward(self, x):
        parts = []
        for c in self.convs:
            parts.append(c(x))
        return self.project(torch.cat(parts, 1))


class Separable(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.sepconv = nn.Sequential(conv(i, i, 5, g=i), conv(i, o, 1))

    def forward(self, x):
        return self.sepconv(x)


def separable(i, o):
    return nn.Sequential(Separable(i, o), nn.BatchNorm2d(o), nn.ReLU())


class Decoder(nn.Module):
    def __init__(self, i, fine, aspp, detail, o):
        super().__init__()
        self.aspp = Aspp(i, aspp)
        self.project = nn.ModuleList([conv_bn_relu(fine, detail, 1)])
        self.fuse = nn.ModuleList([separable(aspp + detail, o)])

    def forward(self, fine, x):
        x = self.aspp(x)
        for p, f in zip(self.project, self.fuse):
            l = p(fine)
            x = F.interpolate(x, size=l.shape[2:], mode='bilinear', align_corners=True)
            x = f(torch.cat([x, l], 1))
        return x


class Head(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.head = nn.Sequential(separable(i, i), conv(i, o, 1, bias=True))

    def forward(self, x):
        return self.head(x)


class PointHead(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.fc_layers = nn.ModuleList([nn.Sequential(nn.Conv1d((i if n == 0 else o) + 1, o, 1), nn.ReLU()) for n in range(3)])
        self.predictor = nn.Conv1d(o + 1, 1, 1)

    def forward(self, fine, coarse):
        x = fine
        for layer in self.fc_layers:
            x = layer(torch.cat([x, coarse], 1))
        return self.predictor(torch.cat([x, coarse], 1))


class PointRend(nn.Module):
    subdivision_num_points: int

    def __init__(self, i, o, points):
        super().__init__()
        self.point_head = PointHead(i, o)
        self.subdivision_num_points = points

    def forward(self, logits, coarse, features):
        logits = F.interpolate(logits, scale_factor=2.0, mode='bilinear', align_corners=False, recompute_scale_factor=False)
        h, w = logits.shape[2], logits.shape[3]
        flat = logits.reshape(1, 1, h * w)
        index = torch.topk(-flat.abs(), min(h * w, self.subdivision_num_points), dim=2)[1]
        x = (torch.remainder(index, w).float() + 0.5) / w * 2 - 1
        y = (torch.div(index, w, rounding_mode='floor').float() + 0.5) / h * 2 - 1
        places = torch.stack([x, y], -1).reshape(1, -1, 1, 2)
        fine = F.grid_sample(features, places, align_corners=False).squeeze(3)
        rough = F.grid_sample(coarse, places, align_corners=False).squeeze(3)
        return flat.scatter(2, index, self.point_head(fine, rough)).reshape(1, 1, h, w)


class Network(nn.Module):
    def __init__(self, width=64, blocks=(3, 4, 6, 3), expansion=4, channels=256, detail=(32, 16), fc=256, points=8192):
        super().__init__()
        self.encoder = Encoder(width, blocks, expansion)
        fine, last = width * expansion, self.encoder.width
        self.semantic_decoder = Decoder(last, fine, channels, detail[0], channels)
        self.instance_decoder = Decoder(last, fine, channels, detail[1], channels)
        self.semantic_head, self.ins_center, self.ins_xy = Head(channels, 1), Head(channels, 1), Head(channels, 2)
        self.semantic_pr = PointRend(channels, fc, points)

    def forward(self, x):
        fine, last = self.encoder(x)
        sem, ins = self.semantic_decoder(fine, last), self.instance_decoder(fine, last)
        coarse = self.semantic_head(sem)
        logits = coarse
        for _ in range(2):
            logits = self.semantic_pr(logits, coarse, sem)
        return {'sem_logits': logits, 'ctr_hmp': self.ins_center(ins), 'offsets': self.ins_xy(ins)}


def randomise(net, seed):
    """Weights that keep the values' size through the layers, and normalisations that do something."""
    torch.manual_seed(seed)
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.uniform_(m.weight, 0.6, 1.2)
            nn.init.uniform_(m.bias, -0.2, 0.2)
            m.running_mean.uniform_(-0.3, 0.3)
            m.running_var.uniform_(0.5, 1.5)
        elif isinstance(m, (nn.Conv1d, nn.Conv2d)):
            nn.init.kaiming_normal_(m.weight)
            if m.bias is not None:
                nn.init.uniform_(m.bias, -0.2, 0.2)
    for m in net.modules():
        if isinstance(m, Block):
            # What is added to each block's input must be small, or 16 blocks make thousands of it.
            nn.init.uniform_(m.bn3.weight, 0.1, 0.3)
    return net.eval()


def fuse(net):
    """As MitoNet was fused: all but the normalisations after separable convolutions."""
    from torch.ao.quantization import fuse_modules
    e = net.encoder
    fuse_modules(e, ['conv1', 'bn1', 'relu'], inplace=True)
    for m in e.modules():
        if isinstance(m, Block):
            fuse_modules(m, [['conv1', 'bn1', 'relu1'], ['conv2', 'bn2', 'relu2'], ['conv3', 'bn3']], inplace=True)
            if m.downsample is not None:
                fuse_modules(m.downsample, ['0', '1'], inplace=True)
    for d in (net.semantic_decoder, net.instance_decoder):
        for c in list(d.aspp.convs)[:4] + [d.aspp.project] + list(d.project):
            fuse_modules(c, ['0', '1', '2'], inplace=True)
        fuse_modules(d.aspp.convs[4].aspp_pooling, ['1', '2'], inplace=True)
    for layer in net.semantic_pr.point_head.fc_layers:
        fuse_modules(layer, ['0', '1'], inplace=True)
    return net


def save(net, path):
    script = torch.jit.script(net)
    whole = path + '.whole'
    script.save(whole)
    # The code and its debug information are left out of the small files: the converter reads none of it. The .pth of upstream has STORED entries.
    with zipfile.ZipFile(whole) as z, zipfile.ZipFile(path, 'w', zipfile.ZIP_STORED) as out:
        for item in z.infolist():
            folder, _, name = item.filename.partition('/')
            if name == 'data.pkl' or name.startswith('data/') or name == 'version':
                out.writestr(zipfile.ZipInfo(f'archive/{name}', (2020, 1, 1, 0, 0, 0)), z.read(item))
    os.remove(whole)
    return script


def outputs(script, image):
    with torch.no_grad():
        out = script(torch.from_numpy(image[None, None]))
    return [image] + [out[k].numpy() for k in ('sem_logits', 'ctr_hmp', 'offsets')]


def write(path, arrays):
    with open(path, 'wb') as f:
        for a in arrays:
            f.write(np.ascontiguousarray(a, '<f4').tobytes())
    print(path, [(a.shape, float(np.abs(a).max())) for a in arrays])


def golden():
    os.makedirs(OUT, exist_ok=True)
    small = dict(width=2, blocks=(2, 1, 1, 1), expansion=2, channels=6, detail=(3, 2), fc=5, points=600)
    image = np.random.default_rng(7).standard_normal((48, 80)).astype(np.float32)
    net = randomise(Network(**small), 5)
    script = save(net, os.path.join(OUT, 'unfused.pth'))
    write(os.path.join(OUT, 'outputs.bin'), outputs(script, image))
    fused = save(fuse(net), os.path.join(OUT, 'fused.pth'))
    print('fused against unfused', max(np.abs(a - b).max() for a, b in zip(outputs(script, image), outputs(fused, image))))
    # Other types and views: whole numbers of 1/64 survive half floats, so that the outputs stay those of the rounded weights.
    with torch.no_grad():
        for p in net.parameters():
            p.copy_((p * 64).round() / 64)
        script = torch.jit.script(net)
        write(os.path.join(OUT, 'odd_outputs.bin'), outputs(script, image))
        for n, m in enumerate(m for m in net.modules() if isinstance(m, nn.Conv2d)):
            w = m.weight.data
            if n % 4 == 0:
                m.weight = nn.Parameter(w.half())
            elif n % 4 == 1:
                m.weight = nn.Parameter(w.double())
            elif n % 4 == 2:
                m.weight = nn.Parameter(w.to(memory_format=torch.channels_last).transpose(0, 1).contiguous().transpose(0, 1))
            else:
                m.weight = nn.Parameter(w.bfloat16())
    save(net, os.path.join(OUT, 'odd.pth'))


def full(folder):
    os.makedirs(folder, exist_ok=True)
    torch.set_num_threads(2)
    net = fuse(randomise(Network(), 11))
    script = save(net, os.path.join(folder, 'full.pth'))
    print('parameters', sum(p.numel() for p in net.parameters()))
    for h, w in ((512, 512), (304, 368)):
        image = np.random.default_rng(h).standard_normal((h, w)).astype(np.float32)
        write(os.path.join(folder, f'{h}x{w}.bin'), outputs(script, image))


if __name__ == '__main__':
    if len(sys.argv) == 2 and sys.argv[1] == 'golden':
        golden()
    elif len(sys.argv) == 3 and sys.argv[1] == 'full':
        full(sys.argv[2])
    else:
        sys.exit(__doc__)
