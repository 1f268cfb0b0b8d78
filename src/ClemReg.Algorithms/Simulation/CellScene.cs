using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>A stack of Golgi cisternae: curved parallel discs.</summary>
internal readonly record struct GolgiStack(Vector3 Centre, Vector3 Normal, float Radius, ulong Key);

/// <summary>An ellipsoid in the EM frame that fluoresces without being in the EM; nm.</summary>
internal readonly record struct FalseBlob(Point3 Centre, Point3 Radii, double Brightness);

/// <summary>What a cell holds.</summary>
internal sealed record SceneContents
{
    /// <summary>Mitochondria; null: as dense as in a cell.</summary>
    public int? Mitochondria { get; init; }

    /// <summary>Lysosomes; null: as dense as in a cell.</summary>
    public int? Lysosomes { get; init; }

    /// <summary>Early endosomes; null: as dense as in a cell.</summary>
    public int? EarlyEndosomes { get; init; } = 0;

    /// <summary>Late endosomes; null: as dense as in a cell.</summary>
    public int? LateEndosomes { get; init; } = 0;

    /// <summary>Whether there are endosomes that are neither, and have no id.</summary>
    public bool OtherEndosomes { get; init; } = true;

    /// <summary>The share of endosomes that are two vacuoles with a thin bridge, and of mitochondria with a neck.</summary>
    public double Bridged { get; init; }

    /// <summary>Fluorescent objects that are not in the EM, as a fraction of the number of mitochondria.</summary>
    public double FalseObjects { get; init; }

    /// <summary>The EM's size, for messages.</summary>
    public required Size3 Size { get; init; }
}

/// <summary>The cell with all that is in it, placed without overlap, in nm of the EM frame.</summary>
internal sealed class CellScene
{
    private const float Step = 70;
    private const float Gap = 110;
    private const float LeastRadius = 150, LargestRadius = 350;

    /// <summary>Mitochondria per cubic micrometre of cytoplasm when their number is not given.</summary>
    private const double Density = 0.45;

    private readonly ulong _key;
    private readonly Job _job;
    private readonly Dictionary<(int, int, int), List<TubeNode>> _occupied = [];
    private readonly List<Organelle> _organelles = [];

    /// <summary>Fills the cell.</summary>
    /// <param name="contents">What to make.</param>
    /// <param name="shape">The cell's outline and nucleus.</param>
    /// <param name="key">Chooses what lies where.</param>
    /// <param name="job">Cancellation, and a warning where not everything finds room.</param>
    /// <exception cref="BadInputException">No mitochondrion finds room.</exception>
    public CellScene(SceneContents contents, CellShape shape, ulong key, Job job)
    {
        Shape = shape;
        _key = key;
        _job = job;
        double volume = shape.CytoplasmVolume() * 1e-9;
        int wanted = contents.Mitochondria ?? Math.Max(4, (int)Math.Round(Density * volume));
        if (shape.HasNucleus) PlaceGolgi();
        PlaceMitochondria(wanted, contents.Bridged);
        if (Mitochondria.Count == 0 && wanted > 0)
            throw BadInputException.ForParameter("em_size_x", $"{contents.Size} voxels (z, y, x)",
                "large enough for a mitochondrion of 0.4 um", "Raise em_size_z, em_size_y, em_size_x or the spacings.");
        if (Mitochondria.Count < wanted)
            job.Warn($"Only {Mitochondria.Count} of {wanted} mitochondria found room in the cell.");
        int Count(double density) => (int)Math.Round(density * volume);
        int early = PlaceEndosomes(OrganelleKind.EarlyEndosome, contents.EarlyEndosomes ?? Math.Max(2, Count(0.3)), 145, 0.3, contents.Bridged);
        int late = PlaceEndosomes(OrganelleKind.LateEndosome, contents.LateEndosomes ?? Math.Max(2, Count(0.12)), 200, 0.2, contents.Bridged);
        PlaceRound(OrganelleKind.Lysosome, contents.Lysosomes ?? Math.Max(2, Count(0.16)), 130, 300, 2);
        PlaceRound(OrganelleKind.LipidDroplet, Count(0.045), 130, 320, 1);
        if (contents.OtherEndosomes) PlaceRound(OrganelleKind.Endosome, Count(0.07), 110, 240, 1);
        FalseBlobs = PlaceFalseBlobs((int)Math.Round(contents.FalseObjects * Mitochondria.Count));
        PlaceRound(OrganelleKind.Vesicle, Count(5), 26, 70, 1);
        if (shape.HasNucleus) PlacePores();
        Organelles = [.. _organelles];
        ushort id = 0;
        foreach (Organelle o in Mitochondria) o.Id = ++id;
        Lysosomes = [.. Organelles.Where(o => o.Kind == OrganelleKind.Lysosome)];
        foreach (Organelle o in Lysosomes) o.Id = ++id;
        foreach (Organelle o in Organelles.Where(o => o.Kind == OrganelleKind.EarlyEndosome).Concat(Organelles.Where(o => o.Kind == OrganelleKind.LateEndosome))) o.Id = ++id;
        LastId = id;
        Missing = [(OrganelleKind.EarlyEndosome, early), (OrganelleKind.LateEndosome, late)];
    }

    /// <summary>The cell's outline and nucleus.</summary>
    public CellShape Shape { get; }

    /// <summary>All organelles.</summary>
    public Organelle[] Organelles { get; }

    /// <summary>The mitochondria; number i has the id i + 1.</summary>
    public List<Organelle> Mitochondria { get; } = [];

    /// <summary>The lysosomes; their ids follow those of the mitochondria.</summary>
    public Organelle[] Lysosomes { get; }

    /// <summary>The largest id.</summary>
    public ushort LastId { get; }

    /// <summary>How many of each kind of endosome found no room.</summary>
    public IReadOnlyList<(OrganelleKind Kind, int Count)> Missing { get; }

    /// <summary>The Golgi stacks.</summary>
    public List<GolgiStack> Golgi { get; } = [];

    /// <summary>Places of the fluorescent objects that the EM does not show.</summary>
    public List<FalseBlob> FalseBlobs { get; }

    // ---- mitochondria

    private void PlaceMitochondria(int wanted, double bridged)
    {
        for (int i = 0; i < wanted; i++)
        {
            _job.ThrowIfCancelled();
            ulong key = RandomStream.Key(RandomStream.Key(_key, 10), i);
            var random = new RandomStream(key);
            for (int attempt = 0; attempt < 40; attempt++)
            {
                // Where room is scarce, small ones still fit.
                Organelle? made = GrowMitochondrion(ref random, key, smaller: attempt >= 20, bridged);
                if (made is null) continue;
                Mitochondria.Add(made);
                _organelles.Add(made);
                break;
            }
        }
    }

    private Organelle? GrowMitochondrion(ref RandomStream random, ulong key, bool smaller, double bridged)
    {
        double kind = random.NextDouble();
        bool round = smaller || kind < 0.2, branched = !smaller && kind > 0.72;
        // Median 1.9 um, within 0.5 to 6 um.
        double length = round ? random.Uniform(100, 400) : Math.Clamp(1900 * Math.Exp(0.55 * random.Gaussian()), 500, 6000);
        float radius = (float)(smaller ? random.Uniform(150, 200) : round ? random.Uniform(200, 320) : random.Uniform(165, 275));
        var caliber = new Caliber(radius, random.NextBits());
        Vector3 start = RandomPoint(ref random);
        if (!Free(new TubeNode(start, caliber.At(0)), [], -1)) return null;
        Vector3 heading = RandomHeading(ref random);
        List<TubeNode> line = [new(start, caliber.At(0))];
        Grow(ref random, line, heading, caliber, length, []);
        double grown = (line.Count - 1) * Step;
        line.Reverse();
        Grow(ref random, line, -heading, caliber.Backwards(line.Count - 1), length - grown, []);
        grown = (line.Count - 1) * Step;
        if (grown < (round ? 0 : 0.6 * length)) return null;
        var organelle = new Organelle(OrganelleKind.Mitochondrion, key);
        var neck = new RandomStream(RandomStream.Key(key, 30));
        if (neck.NextDouble() < bridged && line.Count >= 14) Constrict(line, 5 + neck.NextInt(line.Count - 10));
        organelle.AddLine(line);
        var all = new List<TubeNode>(line);
        if (branched && line.Count > 10)
        {
            int branches = 1 + random.NextInt(3);
            for (int b = 0; b < branches; b++)
            {
                int at = 4 + random.NextInt(line.Count - 8);
                TubeNode root = line[at];
                Vector3 tangent = Vector3.Normalize(line[at + 1].Position - line[at - 1].Position);
                Vector3 side = RandomHeading(ref random);
                side -= 0.8f * Vector3.Dot(side, tangent) * tangent;
                if (side.LengthSquared() < 0.05f) continue;
                List<TubeNode> branch = [root];
                Grow(ref random, branch, Vector3.Normalize(side), new Caliber(0.85f * radius, random.NextBits()), random.Uniform(600, 1800), all);
                if (branch.Count < 6) continue;
                organelle.AddLine(branch);
                organelle.Branches++;
                all.AddRange(branch.Skip(1));
            }
        }
        foreach (TubeNode node in all) Occupy(node);
        return organelle;
    }

    /// <summary>Makes a tube thin over some 200 nm.</summary>
    private static void Constrict(List<TubeNode> line, int middle)
    {
        const float Neck = 62, Slope = 55;
        for (int i = 0; i < line.Count; i++) line[i] = line[i] with { Radius = MathF.Min(line[i].Radius, Neck + Slope * MathF.Max(0, MathF.Abs(i - middle) - 1)) };
    }

    /// <summary>A tube's radius along its length: beads and necks of about 20 %.</summary>
    private readonly struct Caliber(float mean, ulong key, int zero = 0, int direction = 1)
    {
        /// <summary>The same tube from node <paramref name="zero"/> of a reversed line on.</summary>
        public Caliber Backwards(int zero) => new(mean, key, zero, -1);

        public float At(int node)
        {
            var random = new RandomStream(key);
            int place = direction * (node - zero);
            double wave = 0;
            for (int k = 0; k < 3; k++)
                wave += Math.Sin(place * Step * random.Uniform(0.001, 0.006) + random.Uniform(0, 2 * Math.PI));
            return Math.Clamp(mean * (float)(1 + 0.1 * wave), LeastRadius, LargestRadius);
        }
    }

    /// <summary>Lengthens a centre line at its end: a random walk whose curvature changes smoothly, which turns away from obstacles.</summary>
    private void Grow(ref RandomStream random, List<TubeNode> line, Vector3 heading, Caliber caliber, double length, IReadOnlyList<TubeNode> stem)
    {
        Vector3 turn = Vector3.Zero;
        int steps = (int)Math.Round(length / Step);
        for (int i = 0; i < steps; i++)
        {
            turn = 0.85f * turn + new Vector3(0.02f * (float)random.Gaussian(), 0.035f * (float)random.Gaussian(), 0.035f * (float)random.Gaussian());
            bool moved = false;
            for (int attempt = 0; attempt < 9 && !moved; attempt++)
            {
                Vector3 direction = heading + turn;
                if (attempt > 0)
                    direction += 0.13f * attempt * new Vector3(0.5f * (float)random.Gaussian(), (float)random.Gaussian(), (float)random.Gaussian());
                // Mitochondria of a spread cell lie flat.
                direction.X *= 0.97f;
                direction = Vector3.Normalize(direction);
                if (Vector3.Dot(direction, heading) < 0.88f) continue;
                var node = new TubeNode(line[^1].Position + Step * direction, caliber.At(line.Count));
                if (!Free(node, line, line.Count) || !ClearOfStem(node, line, stem)) continue;
                if (attempt > 0) turn = Vector3.Zero;
                heading = direction;
                line.Add(node);
                moved = true;
            }
            if (!moved) return;
        }
    }

    /// <summary>True when a node of a branch does not run into other parts of the tube that it leaves.</summary>
    private static bool ClearOfStem(TubeNode node, List<TubeNode> branch, IReadOnlyList<TubeNode> stem)
    {
        if (stem.Count == 0) return true;
        Vector3 root = branch[0].Position;
        float along = (branch.Count - 1) * Step;
        foreach (TubeNode other in stem)
        {
            float apart = (other.Position - root).Length();
            float clear = node.Radius + other.Radius + Gap;
            // Close to the root the branch and its stem are one; the farther along the branch, the less of the stem is excused.
            if (apart < clear && along < 2 * clear) continue;
            if ((other.Position - node.Position).LengthSquared() < clear * clear) return false;
        }
        return true;
    }

    private bool Free(TubeNode node, List<TubeNode> own, int ownCount)
    {
        Vector3 p = node.Position;
        Point3 low = Shape.Low, high = Shape.High;
        // The volume's faces may cut an organelle, but its centre line stays inside.
        if (p.X < low.Z || p.Y < low.Y || p.Z < low.X || p.X > high.Z || p.Y > high.Y || p.Z > high.X) return false;
        if (Shape.CytoplasmDepth(p) < node.Radius + 130) return false;
        if (!ClearOfOthers(p, node.Radius, Gap)) return false;
        for (int i = 0; i < ownCount; i++)
        {
            float clear = node.Radius + own[i].Radius + Gap;
            if ((ownCount - i) * Step > 1.6f * clear && (own[i].Position - p).LengthSquared() < clear * clear) return false;
        }
        return true;
    }

    // ---- everything else

    private void PlaceRound(OrganelleKind kind, int count, double smallest, double largest, int lobes)
    {
        for (int i = 0; i < count; i++)
        {
            _job.ThrowIfCancelled();
            ulong key = RandomStream.Key(RandomStream.Key(_key, 20 + (int)kind), i);
            var random = new RandomStream(key);
            for (int attempt = 0; attempt < 30; attempt++)
            {
                var node = new TubeNode(RandomPoint(ref random), (float)(smallest + (largest - smallest) * Math.Pow(random.NextDouble(), 1.3)));
                float gap = kind == OrganelleKind.Vesicle ? 20 : 50;
                if (Shape.CytoplasmDepth(node.Position) < node.Radius + 40 || !ClearOfOthers(node.Position, node.Radius, gap)) continue;
                var organelle = new Organelle(kind, key);
                List<TubeNode> line = [node];
                if (lobes > 1 && random.NextDouble() < 0.6)
                {
                    var second = new TubeNode(node.Position + 0.8f * node.Radius * RandomHeading(ref random), 0.75f * node.Radius);
                    if (Shape.CytoplasmDepth(second.Position) > second.Radius + 40 && ClearOfOthers(second.Position, second.Radius, gap)) line.Add(second);
                }
                organelle.AddLine(line);
                foreach (TubeNode n in line) Occupy(n);
                _organelles.Add(organelle);
                break;
            }
        }
    }

    /// <summary>Places vacuoles, some of them two with a thin bridge; early endosomes have tubules.</summary>
    /// <returns>How many found no room.</returns>
    private int PlaceEndosomes(OrganelleKind kind, int count, double median, double spread, double bridged)
    {
        int missing = 0;
        for (int i = 0; i < count; i++)
        {
            _job.ThrowIfCancelled();
            ulong key = RandomStream.Key(RandomStream.Key(_key, 20 + (int)kind), i);
            var random = new RandomStream(key);
            bool placed = false;
            for (int attempt = 0; attempt < 60 && !placed; attempt++)
            {
                var node = new TubeNode(RandomPoint(ref random), (float)Math.Clamp(median * Math.Exp(spread * random.Gaussian()), 0.6 * median, 2 * median));
                if (!Room(node with { Radius = 1.3f * node.Radius }, 40)) continue;
                var organelle = new Organelle(kind, key);
                organelle.AddLine([node]);
                // Vacuoles are no balls: lobes bulge out of them.
                for (int lobe = random.NextInt(3); lobe > 0; lobe--)
                    organelle.AddLine([new TubeNode(node.Position + (float)random.Uniform(0.35, 0.6) * node.Radius * RandomHeading(ref random), node.Radius * (float)random.Uniform(0.6, 0.8))]);
                List<TubeNode> all = [node with { Radius = 1.2f * node.Radius }];
                if (random.NextDouble() < bridged) Bridge(ref random, organelle, node, all);
                TubeNode last = all[^1];
                if (kind == OrganelleKind.EarlyEndosome)
                    for (int t = random.NextInt(4); t > 0; t--) Tubule(ref random, organelle, random.NextInt(2) == 0 ? node : last, all);
                foreach (TubeNode n in all) Occupy(n);
                _organelles.Add(organelle);
                placed = true;
            }
            if (!placed) missing++;
        }
        return missing;
    }

    private bool Room(TubeNode node, float gap) => Shape.CytoplasmDepth(node.Position) >= node.Radius + 40 && ClearOfOthers(node.Position, node.Radius, gap);

    /// <summary>Joins a second vacuole by a thin tube.</summary>
    private void Bridge(ref RandomStream random, Organelle organelle, TubeNode first, List<TubeNode> all)
    {
        for (int attempt = 0; attempt < 20; attempt++)
        {
            float radius = first.Radius * (float)random.Uniform(0.6, 1);
            Vector3 heading = RandomHeading(ref random);
            var second = new TubeNode(first.Position + (first.Radius + radius + (float)random.Uniform(60, 220)) * heading, radius);
            if (!Room(second, 60)) continue;
            organelle.AddLine([second]);
            organelle.AddLine([first with { Radius = 30 }, second with { Radius = 30 }]);
            // A sphere on the bridge keeps others away.
            all.Add(new TubeNode(0.5f * (first.Position + second.Position), 60));
            all.Add(second);
            return;
        }
    }

    /// <summary>Grows a thin tube out of a vacuole.</summary>
    private void Tubule(ref RandomStream random, Organelle organelle, TubeNode root, List<TubeNode> all)
    {
        float radius = (float)random.Uniform(27, 36);
        Vector3 heading = RandomHeading(ref random);
        List<TubeNode> line = [root with { Radius = radius }];
        int steps = 3 + random.NextInt(6);
        float step = 50;
        // The first step leads to the vacuole's skin.
        for (int i = 0; i < steps; i++)
        {
            heading = Vector3.Normalize(heading + 0.35f * new Vector3((float)random.Gaussian(), (float)random.Gaussian(), (float)random.Gaussian()));
            var node = new TubeNode(line[^1].Position + (i == 0 ? root.Radius : step) * heading, radius);
            if (!Room(node, 30)) break;
            line.Add(node);
        }
        if (line.Count < 3) return;
        organelle.AddLine(line);
        all.AddRange(line.Skip(2));
    }

    private void PlaceGolgi()
    {
        var random = new RandomStream(RandomStream.Key(_key, 11));
        for (int attempt = 0; attempt < 200 && Golgi.Count < 2; attempt++)
        {
            Vector3 p = RandomPoint(ref random);
            float depth = Shape.CytoplasmDepth(p), fromNucleus = -Shape.NucleusDistance(p);
            if (depth < 420 || fromNucleus > 900) continue;
            var nucleus = new Vector3((float)Shape.NucleusCentre.Z, (float)Shape.NucleusCentre.Y, (float)Shape.NucleusCentre.X);
            Vector3 normal = nucleus - p;
            normal.X *= 0.3f;
            if (Golgi.Any(g => (g.Centre - p).Length() < 1500)) continue;
            var stack = new GolgiStack(p, Vector3.Normalize(normal), (float)random.Uniform(480, 700), random.NextBits());
            Golgi.Add(stack);
            // Spheres over the disc keep other organelles away.
            Vector3 u = Vector3.Normalize(Vector3.Cross(stack.Normal, Vector3.UnitX)), v = Vector3.Cross(stack.Normal, u);
            for (int i = -2; i <= 2; i++)
                for (int j = -2; j <= 2; j++)
                    if (i * i + j * j <= 5) Occupy(new TubeNode(p + stack.Radius / 2.2f * (i * u + j * v), 270));
        }
    }

    private void PlacePores()
    {
        var random = new RandomStream(RandomStream.Key(_key, 12));
        double extentZ = Shape.High.Z - Shape.Low.Z;
        // About 8 pores per square micrometre of the envelope in the box.
        int count = (int)(8e-6 * 2 * Math.PI * Shape.NucleusReach / 1.2 * extentZ);
        for (int i = 0; i < count; i++)
        {
            if (i % 256 == 0) _job.ThrowIfCancelled();
            double angle = random.Uniform(0, 2 * Math.PI), z = random.Uniform(Shape.Low.Z, Shape.High.Z);
            Vector3 At(double r) => new((float)z, (float)(Shape.NucleusCentre.Y + r * Math.Sin(angle)), (float)(Shape.NucleusCentre.X + r * Math.Cos(angle)));
            double inside = 0, outside = 2 * Shape.NucleusReach;
            if (Shape.NucleusDistance(At(inside)) < 0 || Shape.NucleusDistance(At(outside)) > 0) continue;
            for (int k = 0; k < 14; k++)
            {
                double middle = 0.5 * (inside + outside);
                if (Shape.NucleusDistance(At(middle)) > 20) inside = middle;
                else outside = middle;
            }
            var pore = new Organelle(OrganelleKind.NuclearPore, random.NextBits());
            pore.AddLine([new TubeNode(At(inside), 55)]);
            _organelles.Add(pore);
        }
    }

    private List<FalseBlob> PlaceFalseBlobs(int count)
    {
        var blobs = new List<FalseBlob>(count);
        for (int i = 0; i < count; i++)
        {
            _job.ThrowIfCancelled();
            var random = new RandomStream(RandomStream.Key(RandomStream.Key(_key, 13), i));
            var radii = new Point3(random.Uniform(200, 450), random.Uniform(200, 450), random.Uniform(200, 450));
            double brightness = Math.Exp(0.3 * random.Gaussian());
            Vector3 p = RandomPoint(ref random);
            for (int attempt = 0; attempt < 60 && (Shape.CytoplasmDepth(p) < 100 || !ClearOfMitochondria(p, 250)); attempt++) p = RandomPoint(ref random);
            blobs.Add(new FalseBlob(new Point3(p.X, p.Y, p.Z), radii, brightness));
        }
        return blobs;
    }

    private bool ClearOfMitochondria(Vector3 p, float margin)
    {
        foreach (Organelle m in Mitochondria)
            foreach (TubeSegment s in m.Segments)
                if (s.Distance(p) > -margin) return false;
        return true;
    }

    private Vector3 RandomPoint(ref RandomStream random) => new(
        (float)random.Uniform(Shape.Low.Z, Shape.High.Z), (float)random.Uniform(Shape.Low.Y, Shape.High.Y), (float)random.Uniform(Shape.Low.X, Shape.High.X));

    private static Vector3 RandomHeading(ref RandomStream random) =>
        Vector3.Normalize(new Vector3(0.35f * (float)random.Gaussian(), (float)random.Gaussian(), (float)random.Gaussian() + 1e-6f));

    // ---- what is occupied: nodes in cells wide enough that only neighbouring ones can touch

    private const float CellWidth = 2 * LargestRadius + Gap;

    private static (int Z, int Y, int X) CellOf(Vector3 p) =>
        ((int)MathF.Floor(p.X / CellWidth), (int)MathF.Floor(p.Y / CellWidth), (int)MathF.Floor(p.Z / CellWidth));

    private void Occupy(TubeNode node)
    {
        (int, int, int) cell = CellOf(node.Position);
        if (!_occupied.TryGetValue(cell, out List<TubeNode>? list)) _occupied[cell] = list = [];
        list.Add(node);
    }

    private bool ClearOfOthers(Vector3 p, float radius, float gap)
    {
        (int z, int y, int x) = CellOf(p);
        for (int dz = -1; dz <= 1; dz++)
        {
            for (int dy = -1; dy <= 1; dy++)
            {
                for (int dx = -1; dx <= 1; dx++)
                {
                    if (!_occupied.TryGetValue((z + dz, y + dy, x + dx), out List<TubeNode>? list)) continue;
                    foreach (TubeNode node in list)
                    {
                        float clear = radius + node.Radius + gap;
                        if ((node.Position - p).LengthSquared() < clear * clear) return false;
                    }
                }
            }
        }
        return true;
    }
}
