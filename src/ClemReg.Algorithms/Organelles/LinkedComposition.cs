using ClemReg.Algorithms.Mitochondria;

namespace ClemReg.Algorithms.Organelles;

/// <summary>What is done where two organelles become one for some slices and part again.</summary>
public enum BridgeRule
{
    /// <summary>They are one organelle: lobes with a bridge between them.</summary>
    Join,
    /// <summary>They are two, and the pixels between are divided.</summary>
    Split,
}

/// <summary>How boxes are linked to organelles by overlap and shape.</summary>
public sealed record LinkedCompositionOptions
{
    /// <summary>Pixels of neighbouring slices are one organelle only from this likeness on, above 0, to 1 [link_overlap].</summary>
    public double Overlap { get; init; } = 0.2;

    /// <summary>An organelle may have no box in so many slices in a row [link_missing].</summary>
    public int MostMissing { get; init; } = 3;

    /// <summary>Whether its pixels in such slices are interpolated [fill_gaps].</summary>
    public bool Fill { get; init; } = true;

    /// <summary>What is done about bridges [bridges].</summary>
    public BridgeRule Bridges { get; init; } = BridgeRule.Join;

    /// <summary>Parts that are one in fewer slices stay apart, as one box around two is a common fault [join_slices].</summary>
    public int JoinSlices { get; init; } = 2;

    /// <summary>Checks them.</summary>
    /// <exception cref="BadInputException">One is not allowed.</exception>
    public void Check()
    {
        if (!(Overlap is > 0 and <= 1)) throw BadInputException.ForParameter("link_overlap", Overlap, "above 0, at most 1");
        if (MostMissing < 0) throw BadInputException.ForParameter("link_missing", MostMissing, "0 or more");
        if (JoinSlices < 1) throw BadInputException.ForParameter("join_slices", JoinSlices, "1 or more");
    }
}

/// <summary>
/// Composes organelles from slices by the overlap and the shape of their pixels: in each slice what was detected twice is joined; slice by slice organelles are continued by the assignment with the largest sum of
/// likenesses (as cells are by <see cref="Cells.CellTracker"/>), over missing slices where need be; then what parts and comes together again is joined or divided.
/// </summary>
public static class LinkedComposition
{
    /// <summary>Of one class: the part of the smaller that lies in the larger from which on they are one. Of two: the intersection over union.</summary>
    private const double Same = 0.7;

    /// <summary>So much of a part lies in the whole at least, the whole is so large a part of its parts' sum, and no part is a smaller one of it: the tip of another organelle is none.</summary>
    private const double Contained = 0.6, Conserved = 0.75, LeastPart = 0.1;

    /// <summary>Organelles of two classes are one only if they are as alike as this, and it counts as so much of it.</summary>
    private const double OtherClass = 0.5;

    /// <summary>Composes organelles.</summary>
    /// <param name="boxes">The boxes with their pixels, slices ascending.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Cancellation, progress.</param>
    /// <returns>The organelles in the order of their first boxes.</returns>
    /// <exception cref="BadInputException">An option is not allowed.</exception>
    public static IReadOnlyList<Organelle3D> Compose(IReadOnlyList<SliceOrganelle> boxes, LinkedCompositionOptions options, Job job)
    {
        options.Check();
        List<Part>[] slices = Parts(boxes, job);
        List<Chain> chains = Follow(slices, options, job);
        BranchEvents.Cut(chains, slices);
        var joined = new JoinedChains(chains);
        var events = new BranchEvents(slices, job);
        events.Resolve(joined, options);
        return joined.Organelles(boxes, options.Fill);
    }

    /// <summary>What was found in each slice: boxes that mean the same pixels are one part.</summary>
    private static List<Part>[] Parts(IReadOnlyList<SliceOrganelle> boxes, Job job)
    {
        var slices = new List<Part>[boxes.Count == 0 ? 0 : boxes[^1].Slice + 1];
        for (int z = 0; z < slices.Length; z++) slices[z] = [];
        for (int first = 0; first < boxes.Count;)
        {
            job.ThrowIfCancelled();
            int end = first;
            while (end < boxes.Count && boxes[end].Slice == boxes[first].Slice) end++;
            var sets = new DisjointSets(end - first);
            for (int i = first; i < end; i++)
                for (int k = i + 1; k < end; k++)
                {
                    SliceMask a = boxes[i].Pixels, b = boxes[k].Pixels;
                    long shared = SliceMask.Shared(a, b);
                    bool same = boxes[i].Box.Class == boxes[k].Box.Class ? shared >= Same * Math.Min(a.Area, b.Area) : shared >= Same * (a.Area + b.Area - shared);
                    if (same) sets.Join(i - first, k - first);
                }
            for (int i = first; i < end; i++)
            {
                if (sets.Root(i - first) != i - first) continue;
                int[] members = [.. Enumerable.Range(i, end - i).Where(k => sets.Root(k - first) == i - first)];
                slices[boxes[i].Slice].Add(new Part(boxes[i].Slice, members.Length == 1 ? boxes[i].Pixels : SliceMask.Union(members.Select(m => boxes[m].Pixels)), members, boxes));
            }
            first = end;
        }
        return slices;
    }

    private static List<Chain> Follow(List<Part>[] slices, LinkedCompositionOptions options, Job job)
    {
        var all = new List<Chain>();
        var open = new List<Chain>();
        for (int z = 0; z < slices.Length; z++)
        {
            job.ThrowIfCancelled();
            job.Report((double)z / slices.Length);
            var free = new List<Part>(slices[z]);
            // Those seen in the slice before first, then those that are missing in one, and so on.
            for (int missing = 0; missing <= options.MostMissing && free.Count > 0; missing++)
            {
                Chain[] waiting = [.. open.Where(c => c.Last.Slice == z - 1 - missing)];
                foreach ((Chain chain, Part part) in Pairs(waiting, free, options.Overlap * (1 + 0.5 * missing)))
                {
                    chain.Add(part);
                    free.Remove(part);
                }
            }
            foreach (Part part in free)
            {
                var begun = new Chain(all.Count);
                begun.Add(part);
                all.Add(begun);
                open.Add(begun);
            }
            open.RemoveAll(c => c.Last.Slice < z - options.MostMissing);
        }
        return all;
    }

    private static List<(Chain, Part)> Pairs(Chain[] chains, List<Part> parts, double least)
    {
        var likely = new List<(int Chain, int Part, double Weight)>();
        var sets = new DisjointSets(chains.Length + parts.Count);
        for (int c = 0; c < chains.Length; c++)
            for (int p = 0; p < parts.Count; p++)
                if (chains[c].Likeness(parts[p], OtherClass) is var weight && weight >= least)
                {
                    likely.Add((c, p, weight));
                    sets.Join(c, chains.Length + p);
                }
        var pairs = new List<(Chain, Part)>();
        foreach (IGrouping<int, (int Chain, int Part, double Weight)> group in likely.GroupBy(l => sets.Root(l.Chain)))
        {
            int[] rows = [.. group.Select(l => l.Chain).Distinct()], columns = [.. group.Select(l => l.Part).Distinct().Order()];
            var weights = new double[rows.Length * columns.Length];
            foreach ((int c, int p, double weight) in group) weights[Array.IndexOf(rows, c) * columns.Length + Array.IndexOf(columns, p)] = weight;
            int[] partner = Assignment.Maximise(weights, rows.Length, columns.Length);
            for (int r = 0; r < rows.Length; r++)
                if (partner[r] >= 0 && weights[r * columns.Length + partner[r]] > 0) pairs.Add((chains[rows[r]], parts[columns[partner[r]]]));
        }
        return pairs;
    }

    /// <summary>What is one in a slice: pixels and the boxes that found them.</summary>
    private sealed class Part
    {
        public Part(int slice, SliceMask pixels, int[] members, IReadOnlyList<SliceOrganelle> boxes)
        {
            (Slice, Pixels, Members) = (slice, pixels, members);
            Class = members.GroupBy(m => boxes[m].Box.Class).OrderByDescending(g => g.Sum(m => boxes[m].Box.Score)).ThenBy(g => g.Key).First().Key;
        }

        /// <summary>A piece of another part, which no box of its own has found.</summary>
        public Part(Part whole, SliceMask pixels) => (Slice, Pixels, Members, Class) = (whole.Slice, pixels, [], whole.Class);

        public int Slice { get; }

        public SliceMask Pixels { get; set; }

        public int[] Members { get; }

        public int Class { get; }

        public Chain Chain { get; set; } = null!;
    }

    /// <summary>Parts of slices that follow each other.</summary>
    private sealed class Chain(int number)
    {
        public int Number => number;

        public List<Part> Parts { get; } = [];

        public Part Last => Parts[^1];

        public void Add(Part part)
        {
            Parts.Add(part);
            part.Chain = this;
        }

        /// <summary>The part in a slice, or null.</summary>
        public Part? At(int slice) => Parts.Find(p => p.Slice == slice);

        /// <summary>How its centre moves from slice to slice, pixels; 0 where it is not known.</summary>
        private (double Y, double X) Velocity
        {
            get
            {
                if (Parts.Count < 2) return default;
                (Part a, Part b) = (Parts[^2], Parts[^1]);
                if (Math.Max(a.Pixels.Area, b.Pixels.Area) > 2 * Math.Min(a.Pixels.Area, b.Pixels.Area)) return default;
                double slices = b.Slice - a.Slice;
                return ((b.Pixels.CentreY - a.Pixels.CentreY) / slices, (b.Pixels.CentreX - a.Pixels.CentreX) / slices);
            }
        }

        /// <summary>Where its centre is expected in a slice after its last.</summary>
        public (double Y, double X) Expected(int slice)
        {
            (double y, double x) = Velocity;
            return (Last.Pixels.CentreY + (slice - Last.Slice) * y, Last.Pixels.CentreX + (slice - Last.Slice) * x);
        }

        /// <summary>
        /// How likely a part goes on with it, 0 to 1: the largest of the intersection over union where it was, and where it is expected; that with the centres on each other, times exp(-d²/2) with d the distance of
        /// the centre from where it was or is expected, in radii; and, in the next slice, half the part of the smaller that the larger covers.
        /// </summary>
        public double Likeness(Part part, double otherClass)
        {
            SliceMask a = Last.Pixels, b = part.Pixels;
            double radius = (a.Radius + b.Radius) / 2;
            (double y, double x) = Expected(part.Slice);
            int dy = (int)Math.Round(y - a.CentreY), dx = (int)Math.Round(x - a.CentreX);
            double distance = Math.Min(Distance(b, a.CentreY, a.CentreX), Distance(b, y, x));
            long shared = SliceMask.Shared(a, b);
            if (shared == 0 && distance > 3 * radius) return 0;
            double best = (double)shared / (a.Area + b.Area - shared);
            if (dy != 0 || dx != 0) best = Math.Max(best, SliceMask.IntersectionOverUnion(a, b, dy, dx));
            double shape = SliceMask.IntersectionOverUnion(a, b, (int)Math.Round(b.CentreY - a.CentreY), (int)Math.Round(b.CentreX - a.CentreX));
            best = Math.Max(best, shape * Math.Exp(-distance * distance / (2 * radius * radius)));
            if (part.Slice == Last.Slice + 1) best = Math.Max(best, 0.5 * shared / Math.Min(a.Area, b.Area));
            if (part.Class == Last.Class) return best;
            return best >= otherClass ? otherClass * best : 0;
        }

        public static double Distance(SliceMask mask, double y, double x) => Math.Sqrt((mask.CentreY - y) * (mask.CentreY - y) + (mask.CentreX - x) * (mask.CentreX - x));
    }

    /// <summary>Chains that are one organelle.</summary>
    private sealed class JoinedChains(List<Chain> chains)
    {
        private readonly DisjointSets _sets = new(chains.Count);
        private readonly List<(Chain Of, ReviewKind Kind, int Slice, Chain? Other, double Evidence, string Text)> _reviews = [];

        public bool AreOne(Chain a, Chain b) => _sets.Root(a.Number) == _sets.Root(b.Number);

        public void Join(Chain a, Chain b) => _sets.Join(a.Number, b.Number);

        public void Review(Chain of, ReviewKind kind, int slice, Chain? other, double evidence, string text) => _reviews.Add((of, kind, slice, other, evidence, text));

        public List<Organelle3D> Organelles(IReadOnlyList<SliceOrganelle> boxes, bool fill)
        {
            var organelles = new List<Organelle3D>();
            var place = new Dictionary<int, int>();
            foreach (IGrouping<int, Chain> group in chains.GroupBy(c => _sets.Root(c.Number)))
            {
                place[group.Key] = organelles.Count;
                organelles.Add(Organelle([.. group], boxes, fill));
            }
            foreach ((Chain of, ReviewKind kind, int slice, Chain? other, double evidence, string text) in _reviews)
            {
                int own = place[_sets.Root(of.Number)], others = other is null ? -1 : place[_sets.Root(other.Number)];
                if (kind != ReviewKind.Merge || own != others) organelles[own].Reviews.Add(new Review(kind, slice, own == others ? -1 : others, evidence, text));
            }
            return organelles;
        }

        private static Organelle3D Organelle(Chain[] chains, IReadOnlyList<SliceOrganelle> boxes, bool fill)
        {
            int[] members = [.. chains.SelectMany(c => c.Parts).SelectMany(p => p.Members).Distinct().Order()];
            int winner = members.GroupBy(m => boxes[m].Box.Class).OrderByDescending(g => g.Sum(m => boxes[m].Box.Score)).ThenBy(g => g.Key).First().Key;
            var seen = new SortedDictionary<int, List<SliceMask>>();
            foreach (Part part in chains.SelectMany(c => c.Parts)) Add(seen, part.Slice, part.Pixels);
            var filled = new SortedDictionary<int, List<SliceMask>>();
            foreach (Chain chain in fill ? chains : [])
                for (int i = 1; i < chain.Parts.Count; i++)
                    for (int z = chain.Parts[i - 1].Slice + 1; z < chain.Parts[i].Slice; z++)
                        if (!seen.ContainsKey(z) && MaskInterpolation.Between(chain.Parts[i - 1].Pixels, chain.Parts[i].Pixels, (double)(z - chain.Parts[i - 1].Slice) / (chain.Parts[i].Slice - chain.Parts[i - 1].Slice)) is { Area: > 0 } between)
                            Add(filled, z, between);
            return new Organelle3D(winner, [.. seen.Select(s => new OrganelleSection(s.Key, One(s.Value), false)).Concat(filled.Select(s => new OrganelleSection(s.Key, One(s.Value), true))).OrderBy(s => s.Slice)], members);

            static SliceMask One(List<SliceMask> masks) => masks.Count == 1 ? masks[0] : SliceMask.Union(masks);

            static void Add(SortedDictionary<int, List<SliceMask>> slices, int z, SliceMask pixels)
            {
                if (!slices.TryGetValue(z, out List<SliceMask>? masks)) slices[z] = masks = [];
                masks.Add(pixels);
            }
        }
    }

    /// <summary>Where a chain ends in another's pixels, or begins in them, and the other holds the pixels of both there.</summary>
    private sealed class BranchEvents
    {
        private readonly List<(Part Part, Part Whole)> _endings = [], _beginnings = [];

        public BranchEvents(List<Part>[] slices, Job job)
        {
            for (int z = 0; z + 1 < slices.Length; z++)
            {
                job.ThrowIfCancelled();
                foreach (Part part in slices[z])
                    if (part == part.Chain.Last && Whole(part, slices[z + 1], z) is { } whole) _endings.Add((part, whole));
                foreach (Part part in slices[z + 1])
                    if (part == part.Chain.Parts[0] && Whole(part, slices[z], z + 1) is { } whole) _beginnings.Add((part, whole));
            }
        }

        /// <summary>Cuts chains that were led over slices in which another holds their pixels too: they end there and begin again.</summary>
        public static void Cut(List<Chain> chains, List<Part>[] slices)
        {
            for (int c = 0; c < chains.Count; c++)
            {
                List<Part> parts = chains[c].Parts;
                int gap = Enumerable.Range(1, parts.Count - 1).FirstOrDefault(i => parts[i].Slice > parts[i - 1].Slice + 1
                    && Whole(parts[i - 1], slices[parts[i - 1].Slice + 1], parts[i - 1].Slice) is { } first && Whole(parts[i], slices[parts[i].Slice - 1], parts[i].Slice)?.Chain == first.Chain);
                if (gap == 0) continue;
                // The rest is looked at in its turn.
                var rest = new Chain(chains.Count);
                foreach (Part part in parts[gap..]) rest.Add(part);
                parts.RemoveRange(gap, parts.Count - gap);
                chains.Add(rest);
            }
        }

        /// <summary>The part of a neighbouring slice that holds a part and what that one's own chain has beside the part.</summary>
        private static Part? Whole(Part part, List<Part> neighbours, int slice)
        {
            foreach (Part whole in neighbours)
            {
                long area = whole.Pixels.Area;
                if (whole.Class != part.Class || whole.Chain == part.Chain || part.Pixels.Area < LeastPart * area || SliceMask.Shared(part.Pixels, whole.Pixels) < Contained * part.Pixels.Area) continue;
                if (whole.Chain.At(slice) is { } beside && area >= Conserved * (part.Pixels.Area + beside.Pixels.Area)) return whole;
            }
            return null;
        }

        public void Resolve(JoinedChains joined, LinkedCompositionOptions options)
        {
            var beginnings = new List<(Part Part, Part Whole)>(_beginnings);
            foreach ((Part part, Part whole) in _endings)
            {
                Chain host = whole.Chain, ending = part.Chain;
                int own = beginnings.FindIndex(b => b.Part.Chain == ending && b.Whole.Chain == host && b.Whole.Slice < whole.Slice);
                if (own >= 0)
                {
                    // One, two, one: it was detected as several in between.
                    beginnings.RemoveAt(own);
                    joined.Join(ending, host);
                    continue;
                }
                int next = beginnings.FindIndex(b => b.Whole.Chain == host && b.Whole.Slice >= whole.Slice);
                if (next < 0)
                {
                    Branch(joined, ending, host, whole.Slice, host.Last.Slice - whole.Slice + 1, options);
                    continue;
                }
                (Part begun, Part last) = beginnings[next];
                beginnings.RemoveAt(next);
                int slices = last.Slice - whole.Slice + 1;
                string where = whole.Slice == last.Slice ? $"slice {whole.Slice + 1}" : $"slices {whole.Slice + 1} to {last.Slice + 1}";
                if (options.Bridges == BridgeRule.Join && slices >= options.JoinSlices)
                {
                    joined.Join(ending, host);
                    joined.Join(begun.Chain, host);
                    joined.Review(host, ReviewKind.Split, whole.Slice, null, slices, $"two parts are one in {where} only: a bridge, or two organelles");
                }
                else if (Divide(joined, ending, host, begun.Chain, whole.Slice, last.Slice))
                    joined.Review(host, ReviewKind.Merge, whole.Slice, ending, slices, $"was one with {{0}} in {where} and was divided there");
            }
            foreach ((Part part, Part whole) in beginnings) Branch(joined, part.Chain, whole.Chain, whole.Slice, whole.Slice - whole.Chain.Parts[0].Slice + 1, options);
        }

        /// <summary>A chain that ends in another, or begins in it, and that is all.</summary>
        private static void Branch(JoinedChains joined, Chain branch, Chain host, int slice, int slices, LinkedCompositionOptions options)
        {
            if (joined.AreOne(branch, host)) return;
            if (options.Bridges == BridgeRule.Join && slices >= options.JoinSlices)
            {
                joined.Join(branch, host);
                joined.Review(host, ReviewKind.Split, slice, null, slices, $"branches at slice {slice + 1}");
            }
            else joined.Review(branch, ReviewKind.Merge, slice, host, slices, $"is one with {{0}} in slice {slice + 1}");
        }

        /// <summary>
        /// Two chains were one from a slice to another: divides the pixels there by what of both is nearer in the slices before and after, and continues each with what moved least from where it was expected.
        /// </summary>
        private static bool Divide(JoinedChains joined, Chain ending, Chain host, Chain begun, int first, int last)
        {
            if (host.At(first - 1) is not { } before || host.At(last + 1) is not { } after) return false;
            SliceMask a = ending.Last.Pixels, b = before.Pixels;
            if (Far(ending.Last, begun.Parts[0].Pixels) + Far(before, after.Pixels) > Far(ending.Last, after.Pixels) + Far(before, begun.Parts[0].Pixels))
            {
                // They changed places: each goes on with the other's continuation.
                int at = host.Parts.IndexOf(after);
                List<Part> tail = host.Parts[at..], other = [.. begun.Parts];
                host.Parts.RemoveRange(at, tail.Count);
                begun.Parts.Clear();
                other.ForEach(host.Add);
                tail.ForEach(begun.Add);
                after = other[0];
            }
            SliceMask c = begun.Parts[0].Pixels, d = after.Pixels;
            foreach (Part part in host.Parts.Where(p => p.Slice >= first && p.Slice <= last).ToList())
            {
                (SliceMask own, SliceMask others) = MaskInterpolation.Divide(part.Pixels, [b, d], [a, c]);
                if (own.Area == 0 || others.Area == 0) continue;
                part.Pixels = own;
                ending.Add(new Part(part, others));
            }
            joined.Join(ending, begun);
            return true;
        }

        /// <summary>How far a mask is from where a part's chain, seen from the part, would be.</summary>
        private static double Far(Part from, SliceMask to)
        {
            Chain chain = from.Chain;
            int at = chain.Parts.IndexOf(from);
            if (at < 1) return Chain.Distance(to, from.Pixels.CentreY, from.Pixels.CentreX);
            SliceMask a = chain.Parts[at - 1].Pixels, b = from.Pixels;
            return Chain.Distance(to, 2 * b.CentreY - a.CentreY, 2 * b.CentreX - a.CentreX);
        }
    }
}
