using System.Numerics;

namespace ClemReg.Algorithms.Simulation;

/// <summary>What an organelle is.</summary>
internal enum OrganelleKind
{
    Mitochondrion,
    Lysosome,
    LipidDroplet,
    Endosome,
    Vesicle,
    NuclearPore,
    /// <summary>A light vacuole with thin tubules.</summary>
    EarlyEndosome,
    /// <summary>A grey vacuole full of small vesicles.</summary>
    LateEndosome,
}

/// <summary>
/// An organelle: tubes of varying radius around centre lines, made of conical segments. Positions are z, y, x in nm of the EM frame, held
/// in the X, Y and Z of a <see cref="Vector3"/> in that order.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">Its own random key: grey values, cristae.</param>
internal sealed record Organelle(OrganelleKind Kind, ulong Key)
{
    /// <summary>Its value in the id volume: mitochondria from 1, then lysosomes, early and late endosomes; 0 for all others.</summary>
    public ushort Id { get; set; }

    /// <summary>Its segments.</summary>
    public List<TubeSegment> Segments { get; } = [];

    /// <summary>Side branches.</summary>
    public int Branches { get; set; }

    /// <summary>Length of all centre lines, nm.</summary>
    public double Length => Segments.Sum(s => (double)s.Length);

    /// <summary>Mean radius along the centre lines, nm.</summary>
    public double MeanRadius => Segments.Average(s => s.RadiusA + 0.5 * s.RadiusChange);

    /// <summary>Adds the segments of one centre line.</summary>
    /// <param name="line">The nodes: one (a sphere) or more.</param>
    public void AddLine(IReadOnlyList<TubeNode> line)
    {
        int segments = Math.Max(1, line.Count - 1);
        Vector3 normal = default;
        var frames = new TubeFrame[segments + 1];
        for (int i = 0; i <= segments; i++)
        {
            Vector3 direction = line[Math.Min(i + 1, line.Count - 1)].Position - line[Math.Clamp(i - 1, 0, line.Count - 1)].Position;
            Vector3 tangent = direction.LengthSquared() > 0 ? Vector3.Normalize(direction) : Vector3.UnitZ;
            // Parallel transport: the normal turns with the tangent and does not twist about it.
            normal -= Vector3.Dot(normal, tangent) * tangent;
            normal = normal.LengthSquared() > 1e-4f ? Vector3.Normalize(normal) : AnyNormal(tangent);
            frames[i] = new TubeFrame(tangent, normal);
        }
        float arc = 0;
        for (int i = 0; i < segments; i++)
        {
            TubeNode a = line[i], b = line[Math.Min(i + 1, line.Count - 1)];
            var segment = new TubeSegment(this, a, b, frames[i], frames[i + 1], arc);
            Segments.Add(segment);
            arc += segment.Length;
        }
    }

    private static Vector3 AnyNormal(Vector3 tangent)
    {
        Vector3 other = MathF.Abs(tangent.X) < 0.7f ? Vector3.UnitX : Vector3.UnitY;
        return Vector3.Normalize(Vector3.Cross(tangent, other));
    }
}

/// <summary>A point of a centre line and the radius there, nm.</summary>
internal readonly record struct TubeNode(Vector3 Position, float Radius);

/// <summary>Two of the three unit vectors of a frame that follows a tube: along it and across it.</summary>
internal readonly record struct TubeFrame(Vector3 Tangent, Vector3 Normal);

/// <summary>A piece of a tube between two nodes, with the frames at its ends and the length of the tube before it.</summary>
internal sealed class TubeSegment(Organelle owner, TubeNode a, TubeNode b, TubeFrame frameA, TubeFrame frameB, float arc)
{
    private readonly float _inverseSquare = a.Position == b.Position ? 0 : 1 / (b.Position - a.Position).LengthSquared();

    public Organelle Owner { get; } = owner;
    public Vector3 Start { get; } = a.Position;
    public Vector3 Along { get; } = b.Position - a.Position;
    public float RadiusA { get; } = a.Radius;
    public float RadiusChange { get; } = b.Radius - a.Radius;
    public float Length { get; } = (b.Position - a.Position).Length();
    public float LargestRadius { get; } = MathF.Max(a.Radius, b.Radius);

    /// <summary>Signed distance of a point from the tube's surface, nm, positive inside.</summary>
    public float Distance(Vector3 p)
    {
        Vector3 w = p - Start;
        float t = Math.Clamp(Vector3.Dot(w, Along) * _inverseSquare, 0, 1);
        return RadiusA + t * RadiusChange - (w - t * Along).Length();
    }

    /// <summary>Coordinates of a point in the tube's frame, nm: along the centre line, and twice across it.</summary>
    public Vector3 Local(Vector3 p)
    {
        Vector3 w = p - Start;
        float t = Math.Clamp(Vector3.Dot(w, Along) * _inverseSquare, 0, 1);
        w -= t * Along;
        Vector3 tangent = Vector3.Lerp(frameA.Tangent, frameB.Tangent, t), normal = Vector3.Lerp(frameA.Normal, frameB.Normal, t);
        return new Vector3(arc + t * Length + Vector3.Dot(w, tangent), Vector3.Dot(w, normal), Vector3.Dot(w, Vector3.Cross(tangent, normal)));
    }
}
