using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>
/// Draws the cell as a focused-ion-beam scanning electron microscope shows it (inverted: membranes dark), and the volume of organelle ids.
/// Each slice is drawn by itself from the positions of its voxels, so slices may be drawn in any order.
/// </summary>
internal sealed class EmRenderer
{
    // Grey values, 0 to 255.
    private const float Resin = 216, Cytoplasm = 178, MembraneGrey = 20, Lumen = 188, EarlyLumen = 212, LateLumen = 136;

    /// <summary>The signed distance where no organelle is near.</summary>
    private const float Far = -1e4f;

    private readonly CellScene _scene;
    private readonly Grid _grid;
    private readonly Grid _em;
    private readonly int _padZ, _padY, _padX;
    private readonly double _noise;
    private readonly ulong _key;
    private readonly TubeSegment[] _segments;
    private readonly List<int>[] _inSlice;
    private readonly MitochondrionLook[] _looks;
    private readonly GolgiStack[] _golgi;
    private readonly float _dotSigma, _dotDepth, _nucleoplasm;
    private readonly LayerProfile _mitochondrion, _crista, _reticulum, _envelope, _plainEdge, _plasma, _single, _droplet, _inner;
    private readonly BandNoise _surface, _coarse, _middle, _fine, _curtain;
    private readonly Vector3 _nucleolus;
    private readonly float _nucleolusRadius;

    /// <summary>Prepares to draw.</summary>
    /// <param name="scene">What to draw.</param>
    /// <param name="grid">The grid of the ids: the EM's and its surround.</param>
    /// <param name="em">The grid of the EM image, whose voxels are voxels of <paramref name="grid"/>.</param>
    /// <param name="noise">Standard deviation of shot noise at mid grey.</param>
    /// <param name="key">Chooses texture and noise.</param>
    /// <param name="nucleoplasm">Grey value within the nucleus.</param>
    public EmRenderer(CellScene scene, Grid grid, Grid em, double noise, ulong key, float nucleoplasm = 170)
    {
        _nucleoplasm = nucleoplasm;
        _scene = scene;
        _grid = grid;
        _em = em;
        Point3 pad = grid.ToIndex(em.Origin);
        (_padZ, _padY, _padX) = ((int)Math.Round(pad.Z), (int)Math.Round(pad.Y), (int)Math.Round(pad.X));
        _noise = noise;
        _key = key;
        Point3 h = em.Spacing;
        double pixel = h.X;
        double voxelVariance = (h.Z * h.Z + h.Y * h.Y + h.X * h.X) / 36;
        double sigma = Math.Sqrt(36 + 0.04 * pixel * pixel + voxelVariance);
        _mitochondrion = new LayerProfile(sigma, new Layer(9, MembraneGrey), new Layer(7, 150), new Layer(8, MembraneGrey));
        _crista = new LayerProfile(sigma, new Layer(8, 25), new Layer(10, 110), new Layer(8, 25));
        _reticulum = new LayerProfile(sigma, new Layer(9, MembraneGrey));
        _envelope = new LayerProfile(sigma, new Layer(9, MembraneGrey), new Layer(26, Lumen), new Layer(10, MembraneGrey));
        _plainEdge = new LayerProfile(sigma, new Layer(40, 132));
        _plasma = new LayerProfile(sigma, new Layer(12, MembraneGrey));
        _single = new LayerProfile(sigma, new Layer(10, MembraneGrey));
        _droplet = new LayerProfile(sigma, new Layer(6, 90));
        _inner = new LayerProfile(sigma, new Layer(8, 45));
        // A ribosome: a dark ball of 25 nm.
        const double Radius = 12.5, Contrast = 120;
        double dotVariance = sigma * sigma + Radius * Radius / 5;
        _dotSigma = (float)Math.Sqrt(dotVariance);
        _dotDepth = (float)(Contrast * 4.18879 * Radius * Radius * Radius / (15.7496 * dotVariance * Math.Sqrt(dotVariance)));
        _surface = new BandNoise(RandomStream.Key(key, 1), 210);
        _coarse = new BandNoise(RandomStream.Key(key, 2), 520);
        _middle = new BandNoise(RandomStream.Key(key, 3), 85);
        _fine = new BandNoise(RandomStream.Key(key, 4), Math.Max(28, 1.3 * pixel));
        _curtain = new BandNoise(RandomStream.Key(key, 5), Math.Max(60, 3 * pixel));
        _looks = [.. scene.Mitochondria.Select(m => new MitochondrionLook(m.Key))];
        var random = new RandomStream(RandomStream.Key(key, 6));
        Point3 n = scene.Shape.NucleusCentre;
        double reach = scene.Shape.NucleusReach;
        _nucleolus = new Vector3((float)(0.5 * (scene.Shape.Low.Z + scene.Shape.High.Z)),
            (float)(n.Y + random.Uniform(-0.3, 0.3) * reach), (float)(n.X + random.Uniform(-0.3, 0.3) * reach));
        _nucleolusRadius = (float)(scene.Shape.HasNucleus ? 0.24 * reach : 0);
        _golgi = [.. scene.Golgi];
        _segments = [.. scene.Organelles.SelectMany(o => o.Segments)];
        _inSlice = SegmentsPerSlice();
    }

    /// <summary>How far outside of an organelle its distance is of interest, nm: the reticulum keeps clear of mitochondria.</summary>
    private static float Margin(OrganelleKind kind) => kind == OrganelleKind.Mitochondrion ? 105 : 55;

    private List<int>[] SegmentsPerSlice()
    {
        var lists = new List<int>[_grid.Size.Z];
        for (int z = 0; z < lists.Length; z++) lists[z] = [];
        for (int i = 0; i < _segments.Length; i++)
        {
            TubeSegment s = _segments[i];
            double reach = s.LargestRadius + Margin(s.Owner.Kind);
            double low = Math.Min(s.Start.X, s.Start.X + s.Along.X) - reach, high = Math.Max(s.Start.X, s.Start.X + s.Along.X) + reach;
            int first = (int)Math.Ceiling((low - _grid.Origin.Z) / _grid.Spacing.Z), last = (int)Math.Floor((high - _grid.Origin.Z) / _grid.Spacing.Z);
            for (int z = Math.Max(0, first); z <= Math.Min(lists.Length - 1, last); z++) lists[z].Add(i);
        }
        return lists;
    }

    /// <summary>Draws all slices.</summary>
    /// <param name="image">Receives the EM image; on the EM grid.</param>
    /// <param name="ids">Receives the ids of the organelles that have one; on the grid of the ids.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    public void Render(Volume<byte> image, Volume<ushort> ids, Job job) =>
        job.For(_grid.Size.Z, () => new Scratch(this), (z, scratch) => RenderSlice(z, image, ids, scratch, job), report: true);

    private void RenderSlice(int z, Volume<byte> image, Volume<ushort> ids, Scratch s, Job job)
    {
        int width = _grid.Size.X;
        FindNearest(z, s, job);
        int emZ = z - _padZ;
        bool drawn = emZ >= 0 && emZ < _em.Size.Z;
        s.Surface.Slice(z);
        if (drawn)
        {
            s.Coarse.Slice(emZ);
            s.Middle.Slice(emZ);
            s.Fine.Slice(emZ);
            s.Curtain.Slice(emZ);
            s.Curtain.Row(0, s.CurtainRow);
            DrawRibosomes(emZ, s, job);
        }
        for (int y = 0; y < _grid.Size.Y; y++)
        {
            job.ThrowIfCancelled();
            s.Surface.Row(y, s.SurfaceRow);
            Span<float> distance = s.Distance.AsSpan(y * width, width);
            Span<int> nearest = s.Nearest.AsSpan(y * width, width);
            Span<ushort> idRow = ids.Row(z, y);
            for (int x = 0; x < width; x++)
            {
                if (distance[x] == Far) continue;
                Organelle owner = _segments[nearest[x]].Owner;
                // Uneven surfaces: the ids and the image see the same.
                float uneven = owner.Kind switch
                {
                    OrganelleKind.Mitochondrion => 14,
                    OrganelleKind.NuclearPore => 0,
                    OrganelleKind.Vesicle => 4,
                    OrganelleKind.EarlyEndosome => 5,
                    _ => 10,
                };
                distance[x] += uneven * s.SurfaceRow[x];
                if (distance[x] >= 0) idRow[x] = owner.Id;
            }
            int emY = y - _padY;
            if (drawn && emY >= 0 && emY < _em.Size.Y) DrawRow(emZ, emY, s, distance.Slice(_padX, _em.Size.X), nearest.Slice(_padX, _em.Size.X), image.Row(emZ, emY));
        }
    }

    /// <summary>Signed distance and segment of the nearest organelle, for all voxels near one.</summary>
    private void FindNearest(int z, Scratch s, Job job)
    {
        (int _, int height, int width) = _grid.Size;
        Array.Fill(s.Distance, Far);
        float pz = (float)(_grid.Origin.Z + z * _grid.Spacing.Z);
        Point3 o = _grid.Origin, h = _grid.Spacing;
        foreach (int index in _inSlice[z])
        {
            job.ThrowIfCancelled();
            TubeSegment segment = _segments[index];
            Vector3 a = segment.Start, b = a + segment.Along;
            float reach = segment.LargestRadius + Margin(segment.Owner.Kind);
            float outZ = Outside(pz, a.X, b.X);
            float across = reach * reach - outZ * outZ;
            if (across <= 0) continue;
            float half = MathF.Sqrt(across);
            int y0 = Math.Max(0, (int)Math.Ceiling((Math.Min(a.Y, b.Y) - half - o.Y) / h.Y));
            int y1 = Math.Min(height - 1, (int)Math.Floor((Math.Max(a.Y, b.Y) + half - o.Y) / h.Y));
            for (int y = y0; y <= y1; y++)
            {
                float py = (float)(o.Y + y * h.Y);
                float outY = Outside(py, a.Y, b.Y);
                float rest = across - outY * outY;
                if (rest <= 0) continue;
                float halfX = MathF.Sqrt(rest);
                int x0 = Math.Max(0, (int)Math.Ceiling((Math.Min(a.Z, b.Z) - halfX - o.X) / h.X));
                int x1 = Math.Min(width - 1, (int)Math.Floor((Math.Max(a.Z, b.Z) + halfX - o.X) / h.X));
                int row = y * width;
                for (int x = x0; x <= x1; x++)
                {
                    float d = segment.Distance(new Vector3(pz, py, (float)(o.X + x * h.X)));
                    if (d > s.Distance[row + x])
                    {
                        s.Distance[row + x] = d;
                        s.Nearest[row + x] = index;
                    }
                }
            }
        }

        static float Outside(float p, float a, float b) => MathF.Max(0, MathF.Max(MathF.Min(a, b) - p, p - MathF.Max(a, b)));
    }

    /// <summary>The darkness of ribosomes, clustered as on polysomes; at most one in each cell of a lattice.</summary>
    private void DrawRibosomes(int z, Scratch s, Job job)
    {
        const double Cell = 50;
        Array.Clear(s.Dots);
        (int _, int height, int width) = _em.Size;
        Point3 o = _em.Origin, h = _em.Spacing;
        double pz = o.Z + z * h.Z, reach = 3 * _dotSigma;
        ulong key = RandomStream.Key(_key, 7);
        int x0 = (int)Math.Floor((o.X - reach) / Cell), x1 = (int)Math.Floor((o.X + width * h.X + reach) / Cell);
        int y0 = (int)Math.Floor((o.Y - reach) / Cell), y1 = (int)Math.Floor((o.Y + height * h.Y + reach) / Cell);
        const double Fine = 2;
        Span<float> bell = stackalloc float[(int)(reach * Fine) + 2];
        for (int i = 0; i < bell.Length; i++) bell[i] = MathF.Exp(-0.5f * i * i / (float)(Fine * Fine * _dotSigma * _dotSigma));
        Span<float> line = stackalloc float[2 * (int)(reach / h.X) + 3];
        for (int cz = (int)Math.Floor((pz - reach) / Cell); cz <= (int)Math.Floor((pz + reach) / Cell); cz++)
        {
            ulong layer = RandomStream.Key(key, cz);
            for (int cy = y0; cy <= y1; cy++)
            {
                job.ThrowIfCancelled();
                ulong rowKey = RandomStream.Key(layer, cy);
                ulong clusters = RandomStream.Key(RandomStream.Key(RandomStream.Key(key, -1), cz >> 2), cy >> 2);
                for (int cx = x0; cx <= x1; cx++)
                {
                    ulong bits = RandomStream.Mix(rowKey + unchecked((ulong)cx) * 0x9E3779B97F4A7C15);
                    ulong cluster = RandomStream.Mix(clusters + unchecked((ulong)(cx >> 2)) * 0x9E3779B97F4A7C15);
                    if ((bits & 255) >= 20 + 2 * (cluster & 127) * (cluster >> 7 & 127) / 127) continue;
                    double dz = pz - (cz + (bits >> 8 & 0xFFFF) / 65536.0) * Cell;
                    double my = (cy + (bits >> 24 & 0xFFFF) / 65536.0) * Cell, mx = (cx + (bits >> 40 & 0xFFFF) / 65536.0) * Cell;
                    if (Math.Abs(dz) > reach) continue;
                    float strength = _dotDepth * bell[(int)(Math.Abs(dz) * Fine)];
                    int left = Math.Max(0, (int)Math.Ceiling((mx - reach - o.X) / h.X)), right = Math.Min(width - 1, (int)Math.Floor((mx + reach - o.X) / h.X));
                    int top = Math.Max(0, (int)Math.Ceiling((my - reach - o.Y) / h.Y)), bottom = Math.Min(height - 1, (int)Math.Floor((my + reach - o.Y) / h.Y));
                    for (int x = left; x <= right; x++) line[x - left] = bell[(int)(Math.Abs(o.X + x * h.X - mx) * Fine)];
                    for (int y = top; y <= bottom; y++)
                    {
                        float f = strength * bell[(int)(Math.Abs(o.Y + y * h.Y - my) * Fine)];
                        Span<float> row = s.Dots.AsSpan(y * width, width);
                        for (int x = left; x <= right; x++) row[x] += f * line[x - left];
                    }
                }
            }
        }
    }

    private void DrawRow(int z, int y, Scratch s, ReadOnlySpan<float> distance, ReadOnlySpan<int> nearest, Span<byte> destination)
    {
        (int sizeZ, int height, int width) = _em.Size;
        s.Shape.Row(z, y);
        s.Coarse.Row(y, s.CoarseRow);
        s.Middle.Row(y, s.MiddleRow);
        s.Fine.Row(y, s.FineRow);
        ReadOnlySpan<float> cell = s.Shape.Cell, nucleus = s.Shape.Nucleus;
        ReadOnlySpan<float> dots = s.Dots.AsSpan(y * width, width);
        Point3 first = _em.ToPhysical(z, y, 0);
        var p = new Vector3((float)first.Z, (float)first.Y, 0);
        ulong slice = RandomStream.Key(RandomStream.Key(_key, 8), z);
        // Beam current and detector drift a little from slice to slice.
        float brightness = 1.6f * (float)new RandomStream(slice).Gaussian();
        ulong noiseKey = RandomStream.Key(slice, y);
        float v = 2f * y / Math.Max(1, height - 1) - 1;
        for (int x = 0; x < width; x++)
        {
            p.Z = (float)(first.X + x * _em.Spacing.X);
            var texture = new Texture(s.SurfaceRow[x + _padX], s.CoarseRow[x], s.MiddleRow[x], s.FineRow[x], dots[x]);
            float grey = Resin + 1.5f * texture.Fine + 2 * texture.Coarse;
            float depth = cell[x];
            if (depth > -_plasma.Reach)
                grey = _plasma.Blend(depth, grey, Interior(p, depth, nucleus[x], x, s.Shape, distance[x], distance[x] > Far ? _segments[nearest[x]] : null, texture));
            // The lens shades towards the corners; milling leaves faint curtains.
            float u = 2f * x / Math.Max(1, width - 1) - 1;
            grey = grey * (1 - 0.03f * (u * u + v * v)) + brightness + 1.1f * s.CurtainRow[x];
            // Shot noise: its variance is proportional to the signal. The sum of four 16-bit numbers is near enough to normal.
            ulong bits = RandomStream.Mix(noiseKey + (ulong)x * 0x9E3779B97F4A7C15);
            int sum = (int)(bits & 0xFFFF) + (int)(bits >> 16 & 0xFFFF) + (int)(bits >> 32 & 0xFFFF) + (int)(bits >> 48);
            grey += (float)_noise * MathF.Sqrt(MathF.Max(grey, 0) * (1 / 150f)) * ((sum - 131070) * (1 / 37837f));
            destination[x] = (byte)Math.Clamp(MathF.Round(grey), 0f, 255f);
        }
    }

    /// <summary>The values of the noise fields and the darkness of ribosomes at a voxel.</summary>
    private readonly record struct Texture(float Surface, float Coarse, float Middle, float Fine, float Dots);

    /// <summary>The grey value inside of the plasma membrane.</summary>
    private float Interior(Vector3 p, float depth, float nucleus, int x, CellShape.Reader shape, float distance, TubeSegment? nearest, in Texture t)
    {
        if (nucleus > _envelope.Depth + _envelope.Reach) return Nucleus(p, nucleus, t);
        float grey = Cytoplasm + 5 * t.Coarse + 7 * t.Middle + 5 * t.Fine - t.Dots;
        // The reticulum ends at the edge of its patch, at gaps, and short of the plasma membrane, the nucleus and organelles.
        float clear = MathF.Min(-distance - 32, MathF.Min(depth - 90, -nucleus - 60));
        float inside = MathF.Min(clear, MathF.Min(shape.PatchDepth(x), 70 * (t.Surface + 1.2f)));
        float reticulum = Far;
        foreach (GolgiStack stack in _golgi)
        {
            Vector3 w = p - stack.Centre;
            float limit = stack.Radius + 300, square = w.LengthSquared();
            if (square > limit * limit) continue;
            inside = MathF.Min(inside, MathF.Sqrt(square) - stack.Radius);
            reticulum = MathF.Max(reticulum, Golgi(stack, w, clear, t));
        }
        if (inside > -_reticulum.Reach) reticulum = MathF.Max(reticulum, Slab(22 + 7 * t.Surface + 3 * t.Middle, shape.SheetDistance(x), inside));
        if (reticulum > -_reticulum.Reach) grey = _reticulum.Blend(reticulum, grey, Lumen + 4 * t.Middle + 4 * t.Fine);
        if (nearest is not null && distance > -_mitochondrion.Reach) grey = DrawOrganelle(grey, p, distance, nearest, t);
        if (nucleus > -_envelope.Reach)
        {
            float chromatin = Nucleus(p, nucleus, t), closed = _envelope.Blend(nucleus, grey, chromatin);
            float pore = nearest?.Owner.Kind == OrganelleKind.NuclearPore ? Math.Clamp(distance / 20, 0, 1) : 0;
            grey = closed + pore * (_plainEdge.Blend(nucleus, grey, chromatin) - closed);
        }
        return grey;
    }

    private float DrawOrganelle(float outside, Vector3 p, float distance, TubeSegment segment, in Texture t)
    {
        switch (segment.Owner.Kind)
        {
            case OrganelleKind.Mitochondrion:
                return _mitochondrion.Blend(distance, outside, distance > 0 ? Matrix(p, segment, t) : outside);
            case OrganelleKind.Lysosome:
                return _single.Blend(distance, outside, 98 + 20 * t.Surface + 16 * t.Middle + 8 * t.Fine);
            case OrganelleKind.LipidDroplet:
                return _droplet.Blend(distance, outside, 122 + 1.5f * t.Fine);
            case OrganelleKind.Endosome:
                // Multivesicular bodies: small vesicles within a light lumen.
                return _single.Blend(distance, outside, Lumen - 5 + 4 * t.Fine - 55 * SmoothStep(0.7f, 1.4f, t.Middle));
            case OrganelleKind.EarlyEndosome:
                return _single.Blend(distance, outside, EarlyLumen + 3 * t.Fine + 2 * t.Middle);
            case OrganelleKind.LateEndosome:
                float lumen = LateLumen + 7 * t.Middle + 5 * t.Fine, vesicle = distance > 0 ? MathF.Min(Vesicles(p, segment.Owner.Key), distance - 24) : Far;
                return _single.Blend(distance, outside, vesicle > -_inner.Reach ? _inner.Blend(vesicle, lumen, LateLumen + 22) : lumen);
            case OrganelleKind.Vesicle:
                return _single.Blend(distance, outside, (segment.Owner.Key & 7) == 0 ? 105 : Lumen);
            default:
                return outside;
        }
    }

    /// <summary>Signed distance from the vesicles in a late endosome, nm, positive inside: at most one in each cell of a lattice.</summary>
    private static float Vesicles(Vector3 p, ulong key)
    {
        const float Cell = 66;
        float nearest = Far;
        Vector3 u = p / Cell;
        int z = (int)MathF.Floor(u.X - 0.5f), y = (int)MathF.Floor(u.Y - 0.5f), x = (int)MathF.Floor(u.Z - 0.5f);
        for (int i = 0; i < 8; i++)
        {
            int cz = z + (i >> 2), cy = y + (i >> 1 & 1), cx = x + (i & 1);
            ulong bits = RandomStream.Key(RandomStream.Key(RandomStream.Key(key, cz), cy), cx);
            if ((bits & 15) >= 11) continue;
            float Place(int shift) => 0.35f + 0.3f * (bits >> shift & 255) / 255f;
            var centre = new Vector3(cz + Place(8), cy + Place(16), cx + Place(24));
            nearest = MathF.Max(nearest, 17 + 9 * (bits >> 32 & 255) / 255f - Cell * (u - centre).Length());
        }
        return nearest;
    }

    /// <summary>Matrix and cristae: lamellae across the tube, slanted or along it, each from one side and not always all the way.</summary>
    private float Matrix(Vector3 p, TubeSegment segment, in Texture t)
    {
        MitochondrionLook look = _looks[segment.Owner.Id - 1];
        Vector3 local = segment.Local(p);
        float grey = look.Matrix + 5 * t.Middle + 5 * t.Fine;
        float c = Vector3.Dot(local, look.Normal) + 22 * t.Surface + 30 * t.Coarse + 3 * t.Middle;
        float n = MathF.Round(c / look.Spacing);
        ulong bits = RandomStream.Key(look.Key, (long)n);
        if ((bits & 15) == 0) return grey;
        float shift = ((bits >> 4 & 255) / 255f - 0.5f) * 0.35f;
        float apart = MathF.Abs(c - (n + shift) * look.Spacing);
        float angle = (bits >> 12 & 255) * (MathF.Tau / 256);
        Vector3 side = MathF.Cos(angle) * look.Side + MathF.Sin(angle) * look.OtherSide;
        float end = ((bits >> 20 & 255) / 255f * 1.7f - 0.3f) * segment.LargestRadius;
        float lamella = Slab(13, apart, end - Vector3.Dot(local, side) + 20 * t.Surface);
        return lamella > -_crista.Reach ? _crista.Blend(lamella, grey, grey) : grey;
    }

    private float Nucleus(Vector3 p, float depth, in Texture t)
    {
        float grey = _nucleoplasm + 4 * t.Coarse + 5 * t.Middle + 6 * t.Fine - 0.35f * t.Dots;
        // Heterochromatin: patches inside, and a layer under the envelope.
        float patches = SmoothStep(0.55f, 1.25f, 0.55f * t.Surface + 0.55f * t.Coarse + 0.3f * t.Middle);
        float rim = SmoothStep(170, 80, depth) * SmoothStep(-1.0f, 0.1f, t.Coarse + 0.6f * t.Surface);
        float nucleolus = SmoothStep(-45, 30, _nucleolusRadius - (p - _nucleolus).Length() + 60 * t.Surface + 60 * t.Coarse + 25 * t.Middle);
        grey -= MathF.Max(patches, rim) * (42 + 6 * t.Middle) * (1 - nucleolus);
        return grey - nucleolus * (58 + 13 * t.Surface + 9 * t.Middle + 6 * t.Fine);
    }

    /// <summary>Signed distance from the cisternae of a Golgi stack at a position relative to its centre, nm, positive inside.</summary>
    private static float Golgi(in GolgiStack stack, Vector3 w, float clear, in Texture t)
    {
        float square = w.LengthSquared();
        float across = Vector3.Dot(w, stack.Normal);
        float lateral = MathF.Sqrt(MathF.Max(0, square - across * across));
        const float Spacing = 74;
        float c = across - lateral * lateral / 3000 + 9 * t.Surface + 26 * t.Coarse;
        float n = MathF.Round(c / Spacing);
        if (MathF.Abs(n) > 2) return Far;
        ulong bits = RandomStream.Key(stack.Key, (long)n);
        float rim = stack.Radius * (0.72f + 0.28f * (bits & 255) / 255f) + 60 * t.Coarse + 25 * t.Surface;
        float ratio = Math.Clamp(lateral / rim, 0, 1);
        // Cisternae are flat in the middle and swollen at the rim.
        return Slab(16 + 9 * ratio * ratio * ratio * ratio, MathF.Abs(c - n * Spacing), MathF.Min(clear, rim - lateral));
    }

    /// <summary>Signed distance of a sheet with rounded edges: half its thickness, distance from its middle plane, and depth within its outline.</summary>
    private static float Slab(float half, float apart, float inside)
    {
        float beyond = MathF.Max(0, half - inside);
        return half - MathF.Sqrt(apart * apart + beyond * beyond);
    }

    private static float SmoothStep(float from, float to, float v)
    {
        float f = Math.Clamp((v - from) / (to - from), 0, 1);
        return f * f * (3 - 2 * f);
    }

    /// <summary>What one mitochondrion looks like inside.</summary>
    private readonly struct MitochondrionLook
    {
        public MitochondrionLook(ulong key)
        {
            var random = new RandomStream(RandomStream.Key(key, 100));
            Key = random.NextBits();
            Matrix = (float)random.Uniform(108, 134);
            Spacing = (float)random.Uniform(62, 95);
            // Most cristae stand across the tube, some lie along it.
            double tilt = random.NextDouble() < 0.75 ? random.Uniform(0, 0.7) : random.Uniform(1.2, Math.PI / 2), turn = random.Uniform(0, 2 * Math.PI);
            Normal = new Vector3((float)Math.Cos(tilt), (float)(Math.Sin(tilt) * Math.Cos(turn)), (float)(Math.Sin(tilt) * Math.Sin(turn)));
            Side = Vector3.Normalize(Vector3.Cross(Normal, MathF.Abs(Normal.Y) < 0.7f ? Vector3.UnitY : Vector3.UnitZ));
            OtherSide = Vector3.Cross(Normal, Side);
        }

        public ulong Key { get; }
        public float Matrix { get; }
        public float Spacing { get; }

        /// <summary>Across the lamellae, and two directions within them, in the tube's frame.</summary>
        public Vector3 Normal { get; }
        public Vector3 Side { get; }
        public Vector3 OtherSide { get; }
    }

    private sealed class Scratch(EmRenderer r)
    {
        public readonly float[] Distance = new float[r._grid.Size.SliceCount];

        /// <summary>Index of the nearest segment; of no meaning where the distance is Far.</summary>
        public readonly int[] Nearest = new int[r._grid.Size.SliceCount];
        public readonly float[] Dots = new float[r._em.Size.SliceCount];
        public readonly float[] SurfaceRow = new float[r._grid.Size.X];
        public readonly float[] CoarseRow = new float[r._em.Size.X];
        public readonly float[] MiddleRow = new float[r._em.Size.X];
        public readonly float[] FineRow = new float[r._em.Size.X];
        public readonly float[] CurtainRow = new float[r._em.Size.X];
        public readonly BandNoise.Reader Surface = r._surface.On(r._grid);
        public readonly BandNoise.Reader Coarse = r._coarse.On(r._em);
        public readonly BandNoise.Reader Middle = r._middle.On(r._em);
        public readonly BandNoise.Reader Fine = r._fine.On(r._em);
        public readonly CellShape.Reader Shape = r._scene.Shape.On(r._em);

        /// <summary>Curtains change along x and, slowly, from slice to slice; not along y.</summary>
        public readonly BandNoise.Reader Curtain = r._curtain.On(new Grid(
            new Size3(r._em.Size.Z, 1, r._em.Size.X), new Point3(0.15 * r._em.Spacing.Z, 1, r._em.Spacing.X)));
    }
}
